package io.github.litestreamjdbc.capture;

import java.io.IOException;
import java.util.Optional;

/** The local files cannot be read or written: it is their folder that somebody has to look at, not the replica. */
public final class LocalFilesException extends IOException {
    private static final long serialVersionUID = 1L;

    LocalFilesException(Object folder, IOException cause) {
        super("the local files in " + folder + " cannot be read or written: " + cause, cause);
    }

    /** The one that a failure is, or comes from: who sends a file may find another name for what fails with reading it. */
    public static Optional<LocalFilesException> in(IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LocalFilesException local) {
                return Optional.of(local);
            }
        }
        return Optional.empty();
    }
}
