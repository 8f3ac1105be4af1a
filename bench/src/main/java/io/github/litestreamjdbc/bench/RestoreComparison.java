package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.engine.ReplicaView;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Restores a replica in a directory, beside a copy and fsync of the same database. */
public final class RestoreComparison {
    private static final int PAGE_SIZE = 4096;
    private static final int ROUNDS = 5;
    private static final long MILLIS = 1_700_000_000_000L;

    private RestoreComparison() {}

    /** @param arguments a folder to work in; else one for temporary files */
    public static void main(String[] arguments) throws Exception {
        Path directory = arguments.length > 0
                ? Files.createTempDirectory(Path.of(arguments[0]), "restore")
                : Files.createTempDirectory("restore");
        try {
            System.out.printf(
                    "%-34s %9s %9s %6s   thread time, s: %s%n",
                    "", "cp+fsync", "restore", "ratio", "download decode checksum write sync   peak heap");
            measure(directory.resolve("one"), "1 GB from one snapshot", 262_144, 0);
            measure(directory.resolve("many"), "200 MB with 500 level-0 files", 51_200, 499);
        } finally {
            delete(directory);
        }
    }

    private static void measure(Path directory, String what, int pages, int changes) throws Exception {
        Files.createDirectories(directory);
        Path database = directory.resolve("source.db");
        Path replica = directory.resolve("replica");
        prepare(database, replica, pages, changes);
        double[] copies = new double[ROUNDS];
        double[] restores = new double[ROUNDS];
        RestoreReport report = null;
        for (int i = 0; i < ROUNDS; i++) {
            Path target = directory.resolve("target.db");
            long start = System.nanoTime();
            copy(database, target);
            copies[i] = (System.nanoTime() - start) / 1e9;
            Files.delete(target);
            ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
            try (ReplicaView view = ReplicaView.open(replica.toUri().toString(), Map.of())) {
                start = System.nanoTime();
                report = view.restore(target, RestoreOptions.DEFAULTS, progress -> {})
                        .orElseThrow();
                restores[i] = (System.nanoTime() - start) / 1e9;
            }
            if (Files.mismatch(database, target) != -1) {
                throw new IllegalStateException("restored another database");
            }
            Files.delete(target);
        }
        Arrays.sort(copies);
        Arrays.sort(restores);
        double copy = copies[ROUNDS / 2];
        double restore = restores[ROUNDS / 2];
        RestoreReport.Shares shares = report.shares();
        System.out.printf(
                "%-34s %8.2fs %8.2fs %6.2f   %.2f %.2f %.2f %.2f %.2f   %d MB%n",
                what,
                copy,
                restore,
                restore / copy,
                shares.download().toMillis() / 1e3,
                shares.decode().toMillis() / 1e3,
                shares.checksum().toMillis() / 1e3,
                shares.write().toMillis() / 1e3,
                shares.sync().toMillis() / 1e3,
                peakHeapBytes() >> 20);
        delete(directory);
    }

    private static long peakHeapBytes() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
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

    /** A snapshot, and behind it single transactions of a hundred pages each. */
    private static void prepare(Path database, Path replica, int pages, int changes) throws IOException {
        Random random = new Random(1);
        byte[] page = new byte[PAGE_SIZE];
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            try (OutputStream out = create(replica, changes == 0 ? 9 : 0, 1)) {
                LtxWriter writer = new LtxWriter(out, header(pages, 1), PageEncoding.BLOCK);
                for (int pgno = 1; pgno <= pages; pgno++) {
                    fill(page, random);
                    file.write(page);
                    writer.writePage(pgno, page, 0);
                }
                writer.finish();
            }
            for (int txid = 2; txid <= changes + 1; txid++) {
                int[] changed =
                        random.ints(100, 1, pages + 1).sorted().distinct().toArray();
                try (OutputStream out = create(replica, 0, txid)) {
                    LtxWriter writer = new LtxWriter(out, header(pages, txid), PageEncoding.BLOCK);
                    for (int pgno : changed) {
                        fill(page, random);
                        file.seek((long) (pgno - 1) * PAGE_SIZE);
                        file.write(page);
                        writer.writePage(pgno, page, 0);
                    }
                    writer.finish();
                }
            }
            file.getFD().sync();
        }
    }

    private static LtxHeader header(int pages, long txid) {
        return LtxHeader.of(PAGE_SIZE, pages, TxidRange.of(txid), MILLIS + txid, 0, 0, 0, 0);
    }

    private static OutputStream create(Path replica, int level, long txid) throws IOException {
        Path file = replica.resolve("ltx/" + level + "/" + TxidRange.of(txid).fileName());
        Files.createDirectories(file.getParent());
        return new BufferedOutputStream(Files.newOutputStream(file), 1 << 20);
    }

    /** Text with numbers in it, much as table pages hold it: it compresses to about a third. */
    private static void fill(byte[] page, Random random) {
        for (int at = 0; at < page.length; ) {
            byte[] row = ("\0customer-" + random.nextInt(10_000) + "@example.org\0" + random.nextLong() + "\0active\0")
                    .getBytes(StandardCharsets.US_ASCII);
            int length = Math.min(row.length, page.length - at);
            System.arraycopy(row, 0, page, at, length);
            at += length;
        }
    }

    private static void delete(Path directory) throws IOException {
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
