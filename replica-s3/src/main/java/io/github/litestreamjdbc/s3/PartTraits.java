package io.github.litestreamjdbc.s3;

/**
 * What uploads in parts are worth at a store, as tried out.
 *
 * @param conditional whether {@code If-None-Match: *} with the last request keeps an existing object
 * @param etagsAreMd5 whether the ETag of a part that looks like an MD5 is that of its content
 */
record PartTraits(boolean conditional, boolean etagsAreMd5) {}
