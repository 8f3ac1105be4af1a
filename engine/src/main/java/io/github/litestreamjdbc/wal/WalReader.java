package io.github.litestreamjdbc.wal;

import io.github.litestreamjdbc.agent.BufferBytes;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads a range of committed frames and verifies salts and checksum chain. How far SQLite has published is the caller's
 * to know: the chain alone also accepts commits that never happened.
 */
public final class WalReader {
    private static final int BUFFER_BYTES = 256 * 1024;

    private WalReader() {}

    /** What was found. */
    public sealed interface Result {}

    /**
     * Verified frames that end with a commit.
     *
     * @param pages newest frame of each page, none above the size of its commit
     * @param end the cursor behind the last frame
     * @param sizePages database size in pages after the last commit
     * @param smallestSizePages the smallest size that a commit of the range left
     * @param commits commits in the range
     */
    public record Range(PageMap pages, WalCursor end, long sizePages, long smallestSizePages, long commits)
            implements Result {}

    /**
     * Something else.
     *
     * @param frame the frame at which it was noticed
     * @param rule what it broke
     */
    public record Broken(long frame, String rule) implements Result {}

    /**
     * Reads from behind a cursor to a frame that is a commit, or stops at the first commit after {@code chunkBytes}.
     *
     * @param from a position in the generation of {@code header}
     * @param toFrame the published end, greater than the cursor's frame
     */
    public static Result read(WalFile file, WalHeader header, WalCursor from, long toFrame, long chunkBytes)
            throws IOException {
        byte[] buffer = new byte[Math.max(1, BUFFER_BYTES / header.frameBytes()) * header.frameBytes()];
        try (BufferBytes held = new BufferBytes()) {
            held.add(buffer.length);
            return read(file, header, from, toFrame, chunkBytes, buffer);
        }
    }

    private static Result read(
            WalFile file, WalHeader header, WalCursor from, long toFrame, long chunkBytes, byte[] buffer)
            throws IOException {
        int frameBytes = header.frameBytes();
        int framesPerBuffer = buffer.length / frameBytes;
        ByteBuffer fields = ByteBuffer.wrap(buffer);
        long startOffset = header.frameOffset(from.frame() + 1);

        PageMap pages = new PageMap();
        WalChecksum checksum = from.checksum();
        long smallestSize = Long.MAX_VALUE;
        long commits = 0;
        long frame = from.frame() + 1;
        while (frame <= toFrame) {
            int wanted = (int) Math.min(framesPerBuffer, toFrame - frame + 1);
            int got = file.read(header.frameOffset(frame), buffer, 0, wanted * frameBytes) / frameBytes;
            if (got == 0) {
                return new Broken(frame, "the file ends before the published end, frame " + toFrame);
            }
            for (int i = 0; i < got; i++, frame++) {
                int at = i * frameBytes;
                long page = Integer.toUnsignedLong(fields.getInt(at));
                long size = Integer.toUnsignedLong(fields.getInt(at + 4));
                WalSalts salts = new WalSalts(fields.getInt(at + 8), fields.getInt(at + 12));
                if (page == 0 || !salts.equals(header.salts())) {
                    return new Broken(frame, "frame is not of generation " + header.salts());
                }
                checksum = checksum.update(header.bigEndian(), buffer, at, 8)
                        .update(header.bigEndian(), buffer, at + WalHeader.FRAME_HEADER_BYTES, header.pageSizeBytes());
                if (checksum.s0() != fields.getInt(at + 16) || checksum.s1() != fields.getInt(at + 20)) {
                    return new Broken(frame, "checksum does not follow from the frame before");
                }
                pages.put(page, frame);
                if (size == 0) {
                    continue;
                }
                commits++;
                pages.truncate(size);
                smallestSize = Math.min(smallestSize, size);
                if (frame == toFrame || header.frameOffset(frame + 1) - startOffset >= chunkBytes) {
                    WalCursor end = new WalCursor(header.salts(), frame, checksum);
                    return new Range(pages, end, size, smallestSize, commits);
                }
            }
        }
        return new Broken(toFrame, "the published end is not a commit frame");
    }

    /**
     * The last commit frame that the checksum chain reaches; 0 if there is none. Only for a WAL that no SQLite has open:
     * beside one, the published end decides.
     */
    public static long lastCommit(WalFile file, WalHeader header) throws IOException {
        byte[] frame = new byte[header.frameBytes()];
        ByteBuffer fields = ByteBuffer.wrap(frame);
        WalChecksum checksum = header.checksum();
        long lastCommit = 0;
        for (long n = 1; file.read(header.frameOffset(n), frame, 0, frame.length) == frame.length; n++) {
            WalSalts salts = new WalSalts(fields.getInt(8), fields.getInt(12));
            checksum = checksum.update(header.bigEndian(), frame, 0, 8)
                    .update(header.bigEndian(), frame, WalHeader.FRAME_HEADER_BYTES, header.pageSizeBytes());
            boolean chained = checksum.s0() == fields.getInt(16) && checksum.s1() == fields.getInt(20);
            if (!chained || !salts.equals(header.salts())) {
                break;
            }
            if (fields.getInt(4) != 0) {
                lastCommit = n;
            }
        }
        return lastCommit;
    }
}
