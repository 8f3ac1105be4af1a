package io.github.litestreamjdbc.bench;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.ltx.Crc64;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxMerge;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Throughput of the LTX codec, in 10<sup>6</sup> bytes of database pages a second. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class LtxBenchmark {
    private static final int PAGES = 2048;
    private static final int PAGE_SIZE = 4096;
    private static final LtxHeader HEADER =
            LtxHeader.of(PAGE_SIZE, PAGES, TxidRange.of(1), 1_700_000_000_000L, 0, 0, 0, 0);

    /** {@code rows} compresses to about a third, {@code noise} not at all. */
    @Param({"rows", "noise"})
    public String content;

    private byte[] database;
    private byte[] blockFile;
    private byte[] frameFile;

    /** JMH reports the field as a rate. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Rate {
        public double megabytes;
    }

    @Setup
    public void prepare() throws IOException {
        database = content.equals("noise") ? noise() : rows();
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        write(block, PageEncoding.BLOCK);
        blockFile = block.toByteArray();
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        write(frame, PageEncoding.FRAME);
        frameFile = frame.toByteArray();
    }

    @Benchmark
    public long crc64(Rate rate) {
        Crc64 crc = new Crc64();
        crc.update(database, 0, database.length);
        count(rate);
        return crc.getValue();
    }

    @Benchmark
    public long writeBlocks(Rate rate) throws IOException {
        count(rate);
        return write(OutputStream.nullOutputStream(), PageEncoding.BLOCK);
    }

    @Benchmark
    public long writeFrames(Rate rate) throws IOException {
        count(rate);
        return write(OutputStream.nullOutputStream(), PageEncoding.FRAME);
    }

    @Benchmark
    public long readBlocks(Rate rate) throws IOException {
        count(rate);
        return read(blockFile);
    }

    @Benchmark
    public long readFrames(Rate rate) throws IOException {
        count(rate);
        return read(frameFile);
    }

    @Benchmark
    public LtxHeader merge(Rate rate) throws IOException {
        count(rate);
        return LtxMerge.merge(List.of(open(blockFile)), OutputStream.nullOutputStream(), PageEncoding.BLOCK);
    }

    private void count(Rate rate) {
        rate.megabytes += database.length / 1e6;
    }

    private long write(OutputStream out, PageEncoding encoding) throws IOException {
        LtxWriter writer = new LtxWriter(out, HEADER, encoding);
        for (int pgno = 1; pgno <= PAGES; pgno++) {
            writer.writePage(pgno, database, (pgno - 1) * PAGE_SIZE);
        }
        return writer.finish().fileChecksum();
    }

    private static long read(byte[] file) throws IOException {
        try (LtxReader reader = open(file)) {
            long sum = 0;
            while (reader.next()) {
                sum += reader.page()[0];
            }
            return sum;
        }
    }

    private static LtxReader open(byte[] file) throws IOException {
        return new LtxReader("bench.ltx", new ByteArrayInputStream(file));
    }

    private static byte[] noise() {
        byte[] bytes = new byte[PAGES * PAGE_SIZE];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    /** Text with numbers in it, much as table pages hold it. */
    private static byte[] rows() {
        byte[] bytes = new byte[PAGES * PAGE_SIZE];
        Random random = new Random(1);
        int at = 0;
        for (int id = 1; at < bytes.length; id++) {
            String row =
                    id + "\0customer-" + random.nextInt(10_000) + "@example.org\0" + random.nextLong() + "\0active\0";
            byte[] text = row.getBytes(StandardCharsets.US_ASCII);
            int length = Math.min(text.length, bytes.length - at);
            System.arraycopy(text, 0, bytes, at, length);
            at += length;
        }
        return bytes;
    }
}
