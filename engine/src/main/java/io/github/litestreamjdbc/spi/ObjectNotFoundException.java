package io.github.litestreamjdbc.spi;

import java.io.IOException;

/** There is no object of that key. */
public final class ObjectNotFoundException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Names the store and the key. */
    public ObjectNotFoundException(String message) {
        super(message);
    }
}
