package io.github.litestreamjdbc.it;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Collects what a logger says until it is closed. */
final class LogCapture extends Handler implements AutoCloseable {
    private final Logger logger;
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    LogCapture(String name) {
        this.logger = Logger.getLogger(name);
        logger.addHandler(this);
    }

    List<String> messages() {
        return messages(Level.ALL);
    }

    /** Those of a level and above. */
    List<String> messages(Level least) {
        return records.stream()
                .filter(record -> record.getLevel().intValue() >= least.intValue())
                .map(record -> new SimpleFormatter().formatMessage(record))
                .toList();
    }

    /** The same, each after its level in the words of {@link System.Logger}. */
    List<String> lines() {
        return records.stream()
                .map(record -> level(record) + " " + new SimpleFormatter().formatMessage(record))
                .toList();
    }

    private static String level(LogRecord record) {
        return record.getLevel() == Level.SEVERE ? "ERROR" : record.getLevel().getName();
    }

    @Override
    public void publish(LogRecord record) {
        records.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
