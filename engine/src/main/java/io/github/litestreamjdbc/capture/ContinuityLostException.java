package io.github.litestreamjdbc.capture;

/** It cannot be proved that every frame since the last level-0 file is still there: a full image is the only way on. */
final class ContinuityLostException extends Exception {
    private static final long serialVersionUID = 1L;

    ContinuityLostException(String reason) {
        super(reason);
    }
}
