package io.github.litestreamjdbc.sim;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** Errors that the product logs, kept for the thread that caused them. Safe for use by several threads. */
final class ErrorLog extends Handler {
    private static final ThreadLocal<List<String>> ERRORS = ThreadLocal.withInitial(ArrayList::new);

    /** What was logged by this thread since the last call. */
    static List<String> take() {
        List<String> errors = List.copyOf(ERRORS.get());
        ERRORS.get().clear();
        return errors;
    }

    @Override
    public void publish(LogRecord entry) {
        if (entry.getLevel().intValue() >= Level.SEVERE.intValue()) {
            Object[] arguments = entry.getParameters();
            ERRORS.get()
                    .add(arguments == null ? entry.getMessage() : MessageFormat.format(entry.getMessage(), arguments));
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
