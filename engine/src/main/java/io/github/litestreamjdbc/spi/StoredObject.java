package io.github.litestreamjdbc.spi;

import java.time.Instant;

/**
 * An object as a listing or a write reports it.
 *
 * @param key its key
 * @param sizeBytes its length in bytes
 * @param created the published creation; where a listing cannot tell, the time of storing
 * @param etag changes whenever the content is replaced; opaque
 */
public record StoredObject(String key, long sizeBytes, Instant created, String etag) {}
