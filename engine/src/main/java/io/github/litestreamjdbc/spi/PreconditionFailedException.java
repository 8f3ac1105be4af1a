package io.github.litestreamjdbc.spi;

import java.io.IOException;

/** The {@link Precondition} of a put did not hold; nothing was changed. */
public final class PreconditionFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Names the store, the key and the condition. */
    public PreconditionFailedException(String message) {
        super(message);
    }
}
