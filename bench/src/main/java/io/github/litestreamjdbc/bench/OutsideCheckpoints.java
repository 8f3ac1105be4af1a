package io.github.litestreamjdbc.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * What becomes of another process that does nothing but insert a row and checkpoint: alternating rounds beside a
 * connection of plain sqlite-jdbc and beside a replicated one, both at rest. A checkpoint counts if SQLite did not answer
 * {@code busy}.
 */
public final class OutsideCheckpoints {
    private static final int ROUNDS = 2;
    private static final long ROUND_MILLIS = 3_000;
    private static final int BUSY = 5;

    private OutsideCheckpoints() {}

    private record Round(double inserts, double checkpoints, double refused) {
        Round plus(Round other) {
            return new Round(inserts + other.inserts, checkpoints + other.checkpoints, refused + other.refused);
        }
    }

    /** Takes some two minutes; with arguments it is the other process. */
    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            loop(args[0], args[1], Integer.parseInt(args[2]));
            return;
        }
        print();
    }

    static void print() throws Exception {
        System.out.println(
                "Another process: INSERT, then a checkpoint, in a loop; per second, beside plain / beside us\n");
        System.out.println("| checkpoint | busy timeout ms | inserts | checkpoints | ratio | answered busy |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: |");
        for (int timeoutMillis : new int[] {2000, 0}) {
            for (String kind : List.of("FULL", "RESTART", "TRUNCATE")) {
                Round plain = new Round(0, 0, 0);
                Round ours = plain;
                for (int i = 0; i < ROUNDS; i++) {
                    plain = plain.plus(round(kind, timeoutMillis, false));
                    ours = ours.plus(round(kind, timeoutMillis, true));
                }
                double seconds = ROUNDS * ROUND_MILLIS / 1e3;
                System.out.printf(
                        "| %s | %d | %,.0f / %,.0f | %,.0f / %,.0f | %.2f | %,.0f / %,.0f |%n",
                        kind,
                        timeoutMillis,
                        plain.inserts / seconds,
                        ours.inserts / seconds,
                        plain.checkpoints / seconds,
                        ours.checkpoints / seconds,
                        ours.checkpoints / plain.checkpoints,
                        plain.refused / seconds,
                        ours.refused / seconds);
            }
        }
    }

    private static Round round(String kind, int timeoutMillis, boolean replicated) throws Exception {
        Path directory = Files.createTempDirectory("outside-checkpoints");
        try {
            Path file = directory.resolve("app.db");
            String url = replicated
                    ? "jdbc:litestream:sqlite:" + file + "?linger=0&replica="
                            + directory.resolve("replica").toUri()
                    : "jdbc:sqlite:" + file + "?journal_mode=WAL";
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
                return outside(file, kind, timeoutMillis);
            }
        } finally {
            CommitComparison.delete(directory);
        }
    }

    private static Round outside(Path file, String kind, int timeoutMillis) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OutsideCheckpoints.class.getName(),
                        file.toString(),
                        kind,
                        Integer.toString(timeoutMillis))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader answer =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = answer.readLine();
            if (line == null) {
                throw new IOException("the other process ended with " + process.waitFor());
            }
            String[] counts = line.split(" ");
            return new Round(
                    Double.parseDouble(counts[0]), Double.parseDouble(counts[1]), Double.parseDouble(counts[2]));
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static void loop(String file, String kind, int timeoutMillis) throws SQLException {
        long inserts = 0;
        long checkpoints = 0;
        long refused = 0;
        String url = "jdbc:sqlite:" + file + "?busy_timeout=" + timeoutMillis;
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_autocheckpoint=0");
            long end = System.nanoTime() + ROUND_MILLIS * 1_000_000;
            while (System.nanoTime() < end) {
                try {
                    statement.executeUpdate("INSERT INTO t (v) VALUES (randomblob(100))");
                    inserts++;
                    try (ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + kind + ")")) {
                        if (row.next() && row.getInt(1) == 0) {
                            checkpoints++;
                        } else {
                            refused++;
                        }
                    }
                } catch (SQLException e) {
                    if ((e.getErrorCode() & 0xff) != BUSY) {
                        throw e;
                    }
                    refused++;
                }
            }
        }
        System.out.println(inserts + " " + checkpoints + " " + refused);
    }
}
