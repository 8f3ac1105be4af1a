package io.github.litestreamjdbc.spi;

import java.io.IOException;

/**
 * The store cannot be used as it is: wrong path type, bad URL, refused credentials, no space. Retrying alone does not help;
 * somebody has to change something, so it is tried again slowly.
 */
public final class StoreConfigurationException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What has to be changed. */
    public enum Kind {
        /** The URL or a setting. */
        CONFIGURATION,
        /** Keys, or what they allow. */
        CREDENTIALS,
        /** The space or quota of the store. */
        FULL
    }

    private final Kind kind;

    /** Names what is wrong with the configuration and what to change, without secrets. */
    public StoreConfigurationException(String message) {
        super(message);
        this.kind = Kind.CONFIGURATION;
    }

    /** Names what is wrong with the configuration and what to change, without secrets. */
    public StoreConfigurationException(String message, Throwable cause) {
        this(Kind.CONFIGURATION, message, cause);
    }

    /** Names what is wrong and what to change, without secrets. */
    public StoreConfigurationException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What has to be changed. */
    public Kind kind() {
        return kind;
    }
}
