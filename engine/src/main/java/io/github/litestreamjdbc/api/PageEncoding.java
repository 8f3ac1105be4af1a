package io.github.litestreamjdbc.api;

/** How pages are compressed inside the LTX files that we write. Both are always read. */
public enum PageEncoding {
    /** Raw LZ4 blocks: Litestream 0.5.16 and later. */
    BLOCK,
    /** One LZ4 frame a page: every Litestream 0.5; 15 bytes more per page. */
    FRAME
}
