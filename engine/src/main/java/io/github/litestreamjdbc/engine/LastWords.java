package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.spi.LogLine;
import java.util.logging.Logger;

/**
 * Log messages of the end of replication. At the end of the JVM, java.util.logging closes its handlers in a hook of its own,
 * beside ours, and what is logged from then on is lost without a sign. What is safe and what is not is too important for
 * that, so that it goes to the standard error stream then, perhaps a second time.
 */
final class LastWords {
    private static final System.Logger LOG = System.getLogger(LastWords.class.getName());

    private LastWords() {}

    static void say(System.Logger.Level level, LogLine about, String words) {
        String message = about.says(words);
        LOG.log(level, message);
        if (Databases.isShuttingDown() && LOG.isLoggable(level) && isSilenced()) {
            System.err.println(level + ": " + message);
        }
    }

    private static boolean isSilenced() {
        String backend = LOG.getClass().getName();
        return (backend.startsWith("sun.") || backend.startsWith("jdk."))
                && Logger.getLogger("").getHandlers().length == 0;
    }
}
