package io.github.litestreamjdbc.capture;

import java.io.IOException;

/** The local files cannot be read or written: it is their folder that somebody has to look at, not the replica. */
public final class LocalFilesException extends IOException {
    private static final long serialVersionUID = 1L;

    LocalFilesException(Object folder, IOException cause) {
        super("the local files in " + folder + " cannot be read or written: " + cause, cause);
    }
}
