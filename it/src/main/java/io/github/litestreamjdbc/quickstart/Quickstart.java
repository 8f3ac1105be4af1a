package io.github.litestreamjdbc.quickstart;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs the application, takes its machine away, runs it again, and compares. The replica is a directory, or S3. */
public final class Quickstart {
    /** How long orders are taken before the application is killed. */
    private static final long ORDERS_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Path machine;
    private final Storage replica;
    private long acknowledged;
    private long replicated;

    private Quickstart(Path machine, Storage replica) {
        this.machine = machine;
        this.replica = replica;
    }

    /**
     * Exits with 0 if everything that was reported replicated came back.
     *
     * @param args a directory to work in, which is emptied; {@code --s3} for a replica in an S3 server that is started
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path work = Path.of(args[0]).toAbsolutePath();
        boolean s3 = List.of(args).contains("--s3");
        if (args.length > (s3 ? 2 : 1)) {
            System.err.println("usage: quickstart [--s3]");
            System.exit(2);
        }
        deleteTree(work);
        Path machine = Files.createDirectories(work.resolve("machine"));
        boolean ok;
        try (Storage storage = s3 ? Storage.s3(work) : Storage.directory(work)) {
            ok = new Quickstart(machine, storage).run();
        }
        System.exit(ok ? 0 : 1);
    }

    private boolean run() throws IOException, InterruptedException {
        String url = "jdbc:litestream:sqlite:" + machine.resolve("app.db") + "?replica=" + replica.url()
                + "&restore=if-missing" + replica.parameters();
        System.out.println("URL  " + url);
        System.out.println("\n1. The application loads FoodMart and takes orders.");
        killWhileWriting(url);
        System.out.printf(
                "   %,d orders acknowledged, %,d of them reported replicated; killed (SIGKILL)%n",
                acknowledged, replicated);

        deleteTree(machine);
        Files.createDirectories(machine);
        System.out.println("\n2. The machine is gone: app.db and everything beside it is deleted. In the replica: "
                + replica.size());

        System.out.println("\n3. The application starts on a new machine with the same URL.");
        return verdict(recover(url));
    }

    private void killWhileWriting(String url) throws IOException, InterruptedException {
        Process shop = java(Shop.class, url);
        try (BufferedReader lines = linesOf(shop)) {
            long killAt = Long.MAX_VALUE;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("ACK ")) {
                    acknowledged = Long.parseLong(line.substring(4));
                    if (killAt == Long.MAX_VALUE) {
                        killAt = System.nanoTime() + ORDERS_NANOS;
                    } else if (System.nanoTime() > killAt) {
                        shop.toHandle().destroyForcibly();
                    }
                } else if (line.startsWith("REPLICATED ")) {
                    replicated = Long.parseLong(line.substring(11));
                } else {
                    System.out.println("   " + line.toLowerCase(java.util.Locale.ROOT));
                }
            }
        }
        shop.waitFor();
    }

    private Map<String, String> recover(String url) throws IOException, InterruptedException {
        Map<String, String> found = new HashMap<>();
        Process recovery = java(Recovery.class, url);
        try (BufferedReader lines = linesOf(recovery)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 2);
                found.put(words[0], words[words.length - 1]);
                if (words[0].equals("RESTORING")) {
                    System.out.println("   restoring " + words[1]);
                }
            }
        }
        return recovery.waitFor() == 0 ? found : Map.of();
    }

    private boolean verdict(Map<String, String> found) throws IOException {
        if (!found.containsKey("CONTINUED")) {
            System.out.println("\nVERDICT  FAILED: the application did not come up on the new machine");
            return false;
        }
        long rows = Long.parseLong(found.get("ROWS"));
        String[] restored = found.get("RESTORED").split(" ");
        boolean prefix = rows == Long.parseLong(found.get("LAST"));
        boolean intact = found.get("INTEGRITY").equals("ok");
        boolean nothingLost = rows >= replicated && prefix && intact;
        System.out.printf("%n   orders acknowledged before        %,12d%n", acknowledged);
        System.out.printf("   of these reported replicated      %,12d%n", replicated);
        System.out.printf("   orders found after                %,12d%n", rows);
        System.out.printf("   sales found after                 %,12d%n", Long.parseLong(found.get("SALES")));
        System.out.printf("   restored TXID                 %16s%n", restored[0]);
        System.out.printf("   first TXID of the new machine %16s%n", found.get("CONTINUED"));
        System.out.printf("   restore took                      %,9d ms%n", Long.parseLong(restored[1]));
        System.out.printf("   integrity check                   %12s%n", found.get("INTEGRITY"));
        System.out.printf("   replica                           %s%n", replica.size());
        System.out.println(
                nothingLost
                        ? "\nVERDICT  OK: every order that was reported replicated is there"
                        : "\nVERDICT  FAILED: orders that were reported replicated are missing");
        return nothingLost;
    }

    private static Process java(Class<?> main, String url) throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new ProcessBuilder(
                        List.of(java.toString(), "-cp", System.getProperty("java.class.path"), main.getName(), url))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static BufferedReader linesOf(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
