/**
 * The LTX file format as Litestream 0.5 writes and accepts it: header, pages, page index, trailer, and merging.
 *
 * <pre>
 * header       100 bytes
 * page frame   6 + 4 + n bytes (LZ4 block) or 6 + n bytes (LZ4 frame), repeated, possibly never
 * end marker   6 zero bytes
 * page index   varint triples, a zero byte, 8 bytes of length
 * trailer      16 bytes
 * </pre>
 *
 * <p>All integers are big-endian and unsigned. The package knows no clock, no file and no store: it works on streams
 * and byte ranges. Whatever is wrong with bytes read is an {@link io.github.litestreamjdbc.ltx.LtxFormatException}.
 */
package io.github.litestreamjdbc.ltx;
