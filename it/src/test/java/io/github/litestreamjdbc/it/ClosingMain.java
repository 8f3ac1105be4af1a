package io.github.litestreamjdbc.it;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A child JVM: an application that opens its database, closes it, goes on with other things, and tells what has stayed of us
 * ten seconds later. The argument is the URL.
 */
final class ClosingMain {
    private static final long PROMISE_NANOS = 10_000_000_000L;

    private ClosingMain() {}

    public static void main(String[] args) throws Exception {
        Set<String> before = threads();
        try (Connection connection = DriverManager.getConnection(args[0])) {
            System.out.println("SUM " + Sql.number(connection, "SELECT sum(x) FROM t"));
            Sql.run(connection, "INSERT INTO t VALUES (4)");
            TestDatabase.sync(connection);
        }
        long end = System.nanoTime() + PROMISE_NANOS;
        Set<String> left = left(before);
        while (!left.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(20);
            left = left(before);
        }
        System.out.println("THREADS " + left);
        System.out.println("FILES " + openFiles());
        System.in.read();
    }

    private static Set<String> left(Set<String> before) {
        Set<String> left = threads();
        left.removeAll(before);
        return left;
    }

    /** Those of the JVM itself are in a group of their own. */
    private static Set<String> threads() {
        Set<String> names = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            ThreadGroup group = thread.getThreadGroup();
            if (group != null && !group.getName().equals("system")) {
                names.add(thread.getName());
            }
        }
        return names;
    }

    /** Of a database, but the file itself: closing that would drop locks of other code in this process. Only on Linux. */
    private static List<String> openFiles() throws Exception {
        Path descriptors = Path.of("/proc/self/fd");
        List<String> open = new ArrayList<>();
        if (Files.isDirectory(descriptors)) {
            try (Stream<Path> links = Files.list(descriptors)) {
                for (Path link : links.toList()) {
                    try {
                        String file = Files.readSymbolicLink(link).toString();
                        if (file.contains("app.db") && !file.endsWith("app.db")) {
                            open.add(file);
                        }
                    } catch (NoSuchFileException e) {
                        // Closed meanwhile.
                    }
                }
            }
        }
        return open;
    }
}
