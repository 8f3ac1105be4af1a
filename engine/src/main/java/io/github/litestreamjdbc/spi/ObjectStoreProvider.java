package io.github.litestreamjdbc.spi;

import java.io.IOException;
import java.util.Set;

/** Opens the stores of some URL schemes. Found through {@link java.util.ServiceLoader}; stateless. */
public interface ObjectStoreProvider {
    /** The URL schemes served, lower-case, without colon. */
    Set<String> schemes();

    /** How LTX files are laid out in these stores. */
    KeyLayout layout();

    /**
     * Looks at the URL and the settings, before anything is touched.
     *
     * @throws StoreConfigurationException if one of them is wrong
     */
    default void check(StoreRequest request) throws StoreConfigurationException {}

    /**
     * Opens a store. Nothing is created, and the network is not waited for.
     *
     * @throws StoreConfigurationException if the URL or a setting is wrong
     */
    ObjectStore open(StoreRequest request) throws IOException;
}
