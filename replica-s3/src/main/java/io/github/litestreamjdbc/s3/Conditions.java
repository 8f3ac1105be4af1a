package io.github.litestreamjdbc.s3;

/**
 * What conditional puts are worth at a store, as tried out.
 *
 * @param ifAbsent whether {@code If-None-Match: *} keeps an existing object
 * @param ifMatch whether {@code If-Match} keeps an object that is another one
 */
record Conditions(boolean ifAbsent, boolean ifMatch) {}
