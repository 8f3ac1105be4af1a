package io.github.litestreamjdbc.spi;

import java.io.IOException;

/** The store cannot be used as configured: wrong path type, bad URL, refused credentials. Retrying alone does not help. */
public final class StoreConfigurationException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Names what is wrong and what to change, without secrets. */
    public StoreConfigurationException(String message) {
        super(message);
    }

    /** Names what is wrong and what to change, without secrets. */
    public StoreConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
