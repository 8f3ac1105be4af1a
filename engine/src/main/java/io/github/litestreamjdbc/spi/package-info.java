/**
 * What a replica's storage has to offer: bytes under keys, nothing about LTX.
 *
 * <p>A further kind of storage is an {@link io.github.litestreamjdbc.spi.ObjectStoreProvider} found through
 * {@link java.util.ServiceLoader}, and must pass {@code ObjectStoreContract} of the engine's test jar.
 */
package io.github.litestreamjdbc.spi;
