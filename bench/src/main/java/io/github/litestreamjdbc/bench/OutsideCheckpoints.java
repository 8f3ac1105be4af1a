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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What becomes of another process that does nothing but insert rows and checkpoint: alternating rounds beside a connection of
 * plain sqlite-jdbc and beside a replicated one, both at rest. A checkpoint counts if SQLite did not answer {@code busy}.
 */
public final class OutsideCheckpoints {
    private static final int ROUNDS = 3;
    private static final long ROUND_MILLIS = 2_000;
    private static final int BUSY = 5;

    private OutsideCheckpoints() {}

    /** What the other process does after each INSERT, or has SQLite do after so many pages. */
    private enum Kind {
        FULL,
        RESTART,
        TRUNCATE,
        PASSIVE,
        AUTO_1000,
        AUTO_3;

        int autoPages() {
            return this == AUTO_1000 ? 1000 : this == AUTO_3 ? 3 : 0;
        }
    }

    private record Round(double inserts, double checkpoints, double refused) {}

    /** Takes some five minutes, half with one busy timeout; with {@code <file> <kind> <timeout>} it is the other process. */
    public static void main(String[] args) throws Exception {
        if (args.length == 3) {
            loop(args[0], Kind.valueOf(args[1]), Integer.parseInt(args[2]));
            return;
        }
        System.out.println(
                "Another process: INSERT, then a checkpoint, in a loop; beside plain / beside us; medians of " + ROUNDS
                        + " alternating rounds of 2 s\n");
        System.out.println("| checkpoint | busy timeout ms | INSERTs/s | checkpoints/s | ratio | answered busy/s |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: |");
        int[] timeouts = args.length == 1 ? new int[] {Integer.parseInt(args[0])} : new int[] {2000, 0};
        for (int timeoutMillis : timeouts) {
            for (Kind kind : Kind.values()) {
                compare(kind, timeoutMillis);
            }
        }
    }

    private static void compare(Kind kind, int timeoutMillis) throws Exception {
        List<Round> plain = new ArrayList<>();
        List<Round> ours = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            plain.add(round(kind, timeoutMillis, false));
            ours.add(round(kind, timeoutMillis, true));
        }
        Round p = median(plain, kind);
        Round o = median(ours, kind);
        boolean auto = kind.autoPages() > 0;
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %,.0f / %,.0f | %s | %.2f | %,.0f / %,.0f |%n",
                auto ? "`wal_autocheckpoint=" + kind.autoPages() + "`" : kind,
                timeoutMillis,
                p.inserts,
                o.inserts,
                auto ? "" : String.format(Locale.ROOT, "%,.0f / %,.0f", p.checkpoints, o.checkpoints),
                rate(o, kind) / rate(p, kind),
                p.refused,
                o.refused);
    }

    private static double rate(Round round, Kind kind) {
        return kind.autoPages() > 0 ? round.inserts : round.checkpoints;
    }

    private static Round median(List<Round> rounds, Kind kind) {
        return rounds.stream()
                .sorted(Comparator.comparingDouble(round -> rate(round, kind)))
                .toList()
                .get(rounds.size() / 2);
    }

    private static Round round(Kind kind, int timeoutMillis, boolean replicated) throws Exception {
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
            Folders.delete(directory);
        }
    }

    private static Round outside(Path file, Kind kind, int timeoutMillis) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OutsideCheckpoints.class.getName(),
                        file.toString(),
                        kind.name(),
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
            double seconds = ROUND_MILLIS / 1e3;
            return new Round(
                    Double.parseDouble(counts[0]) / seconds,
                    Double.parseDouble(counts[1]) / seconds,
                    Double.parseDouble(counts[2]) / seconds);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static void loop(String file, Kind kind, int timeoutMillis) throws SQLException {
        long inserts = 0;
        long checkpoints = 0;
        long refused = 0;
        String url = "jdbc:sqlite:" + file + "?busy_timeout=" + timeoutMillis;
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_autocheckpoint=" + kind.autoPages());
            long end = System.nanoTime() + ROUND_MILLIS * 1_000_000;
            while (System.nanoTime() < end) {
                try {
                    statement.executeUpdate("INSERT INTO t (v) VALUES (randomblob(100))");
                    inserts++;
                    if (kind.autoPages() > 0) {
                        continue;
                    }
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
