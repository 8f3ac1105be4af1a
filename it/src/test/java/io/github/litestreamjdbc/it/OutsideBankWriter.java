package io.github.litestreamjdbc.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A child JVM that makes transfers with plain sqlite-jdbc until it is killed, with checkpoints of its own of all kinds,
 * transactions that spill, VACUUM, opening and closing. Says {@code ACK writer n} after each commit. Reads {@code GO file}
 * to begin or go on, and {@code PAUSE} or {@code CLOSE}, which it answers with {@code PAUSED} when it has no transaction
 * under way, or no connection any more. Rests between rounds if asked to, and makes VACUUM rare then.
 */
final class OutsideBankWriter {
    private static final int SQLITE_BUSY = 5;

    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
    private final Random random;

    private final int restMillis;

    private OutsideBankWriter(long seed, int restMillis) {
        this.random = new Random(seed);
        this.restMillis = restMillis;
    }

    public static void main(String[] args) throws Exception {
        OutsideBankWriter writer = new OutsideBankWriter(Long.parseLong(args[0]), Integer.parseInt(args[1]));
        Thread reader = new Thread(writer::readCommands);
        reader.setDaemon(true);
        reader.start();
        Class.forName("org.sqlite.JDBC");
        String command = writer.commands.take();
        while (command.startsWith("GO ")) {
            try (Connection connection = DriverManager.getConnection(
                    "jdbc:sqlite:" + command.substring(3) + "?busy_timeout=2000&synchronous=NORMAL")) {
                writer.write(connection);
            }
            if ("CLOSE".equals(writer.commands.peek())) {
                writer.commands.take();
                say("PAUSED");
                command = writer.commands.take();
            }
        }
    }

    private void readCommands() {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                commands.add(line);
            }
        } catch (IOException e) {
            say("FAILED " + e);
        }
        commands.add("END");
    }

    /** Some rounds over one connection; ends early for {@code CLOSE} and {@code END}. */
    private void write(Connection connection) throws SQLException, InterruptedException {
        Sql.run(connection, "PRAGMA wal_autocheckpoint=" + random.nextInt(40), "PRAGMA cache_size=10");
        for (int round = 0; round < 10; round++) {
            String command = commands.peek();
            if ("PAUSE".equals(command)) {
                commands.take();
                say("PAUSED");
                commands.take();
            } else if (command != null) {
                return;
            }
            try {
                if (restMillis > 0) {
                    Thread.sleep(random.nextInt(restMillis));
                }
                round(connection);
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) != SQLITE_BUSY) {
                    throw e;
                }
                if (!connection.getAutoCommit()) {
                    connection.rollback();
                    connection.setAutoCommit(true);
                }
            }
        }
    }

    private void round(Connection connection) throws SQLException {
        switch (random.nextInt(20)) {
            case 0 -> {
                // Databases that live long are large.
                if (restMillis == 0 || random.nextInt(500) == 0) {
                    Sql.run(connection, "VACUUM");
                }
            }
            case 1, 2 ->
                Sql.text(
                        connection,
                        "PRAGMA wal_checkpoint("
                                + new String[] {"TRUNCATE", "RESTART", "FULL", "PASSIVE"}[random.nextInt(4)] + ")");
            case 3, 4 -> {
                connection.setAutoCommit(false);
                for (int i = 0; i < 40; i++) {
                    Sql.run(connection, Bank.transfer(Bank.OUTSIDE_WRITER));
                }
                long n = Sql.number(connection, Bank.last(Bank.OUTSIDE_WRITER));
                connection.commit();
                connection.setAutoCommit(true);
                say("ACK " + Bank.OUTSIDE_WRITER + " " + n);
            }
            default -> {
                Sql.run(connection, Bank.transfer(Bank.OUTSIDE_WRITER));
                say("ACK " + Bank.OUTSIDE_WRITER + " " + Sql.number(connection, Bank.last(Bank.OUTSIDE_WRITER)));
            }
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
