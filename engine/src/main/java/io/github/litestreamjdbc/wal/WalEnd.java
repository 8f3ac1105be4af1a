package io.github.litestreamjdbc.wal;

import java.nio.ByteBuffer;

/**
 * The end of a WAL, to be compared with what it is later.
 *
 * @param cursor behind the last frame
 * @param next where the header of the next frame will be: nothing, or what an earlier generation left
 */
public record WalEnd(WalCursor cursor, ByteBuffer next) {}
