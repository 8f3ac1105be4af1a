package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.engine.ReplicaView;
import io.github.litestreamjdbc.s3.S3StoreProvider;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreRequest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Restores a replica from a directory and from S3 on this machine, beside a copy and fsync of the same database. */
public final class RestoreComparison {
    private static final int ROUNDS = 5;
    private static final Duration LATENCY = Duration.ofMillis(30);

    private RestoreComparison() {}

    /** Where a replica is restored from. */
    private record Source(String name, String url, Map<String, String> settings) {}

    /** @param arguments {@code one} or {@code many} files only; else both */
    public static void main(String[] arguments) throws Exception {
        List<String> cases = arguments.length == 0 ? List.of("one", "many") : List.of(arguments);
        Path directory = Files.createTempDirectory("restore");
        try {
            System.out.printf(
                    "%-46s %8s %8s %6s %8s   thread time, s: %s%n",
                    "", "cp+fsync", "restore", "ratio", "first", "download decode checksum write sync   peak heap");
            if (cases.contains("one")) {
                measure(directory.resolve("one"), "1 GB from one snapshot", 262_144, 0);
            }
            if (cases.contains("many")) {
                measure(directory.resolve("many"), "200 MB with 500 level-0 files", 51_200, 499);
            }
        } finally {
            Folders.delete(directory);
        }
    }

    private static void measure(Path directory, String what, int pages, int changes) throws Exception {
        Path database = directory.resolve("source.db");
        Path replica = directory.resolve("replica");
        Path objects = Files.createDirectories(directory.resolve("objects"));
        SampleReplica.create(database, replica, pages, changes);
        try (LoopbackS3 near = new LoopbackS3(objects, Duration.ZERO)) {
            upload(replica, near);
            sync(directory);
            compare(what, database, new Source("directory", replica.toUri().toString(), Map.of()));
            compare(what, database, new Source("S3", near.url("app"), near.settings()));
        }
        try (LoopbackS3 far = new LoopbackS3(objects, LATENCY)) {
            compare(what, database, new Source("S3 + 30 ms", far.url("app"), far.settings()));
        }
        Folders.delete(directory);
    }

    private static void upload(Path replica, LoopbackS3 s3) throws IOException {
        S3StoreProvider provider = new S3StoreProvider();
        try (ObjectStore store = provider.open(new StoreRequest(s3.url("app"), replica, false, s3.settings()));
                Stream<Path> tree = Files.walk(replica)) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                int level = Integer.parseInt(file.getParent().getFileName().toString());
                store.put(
                        provider.layout().levelPrefix(level) + file.getFileName(),
                        ObjectBody.of(file),
                        Instant.now(),
                        Precondition.NONE);
            }
        }
    }

    /** So that the disk has nothing else to do later. */
    private static void sync(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
        }
    }

    private static void compare(String what, Path database, Source source) throws Exception {
        double[] copies = new double[ROUNDS];
        double[] restores = new double[ROUNDS];
        RestoreReport report = null;
        for (int i = 0; i < ROUNDS; i++) {
            Path target = database.resolveSibling("target.db");
            long start = System.nanoTime();
            copy(database, target);
            copies[i] = (System.nanoTime() - start) / 1e9;
            Files.delete(target);
            heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
            start = System.nanoTime();
            report = restore(source, target);
            restores[i] = (System.nanoTime() - start) / 1e9;
            if (i == 0 && Files.mismatch(database, target) != -1) {
                throw new IllegalStateException("restored another database");
            }
            Files.delete(target);
        }
        double first = restores[0];
        Arrays.sort(copies);
        Arrays.sort(restores);
        double copy = copies[ROUNDS / 2];
        double restore = restores[ROUNDS / 2];
        RestoreReport.Shares shares = report.shares();
        System.out.printf(
                Locale.ROOT,
                "%-46s %7.2fs %7.2fs %6.2f %7.2fs   %.2f %.2f %.2f %.2f %.2f   %d MB%n",
                what + ", " + source.name(),
                copy,
                restore,
                restore / copy,
                first,
                shares.download().toMillis() / 1e3,
                shares.decode().toMillis() / 1e3,
                shares.checksum().toMillis() / 1e3,
                shares.write().toMillis() / 1e3,
                shares.sync().toMillis() / 1e3,
                heapPools().stream()
                                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                                .sum()
                        >> 20);
    }

    private static RestoreReport restore(Source source, Path target) throws ReplicationException {
        try (ReplicaView view = ReplicaView.open(source.url(), source.settings())) {
            return view.restore(target, RestoreOptions.DEFAULTS, progress -> {}).orElseThrow();
        }
    }

    private static List<MemoryPoolMXBean> heapPools() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .toList();
    }

    private static void copy(Path source, Path target) throws IOException {
        try (FileChannel in = FileChannel.open(source);
                FileChannel out = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < in.size(); ) {
                at += in.transferTo(at, in.size() - at, out);
            }
            out.force(true);
        }
    }
}
