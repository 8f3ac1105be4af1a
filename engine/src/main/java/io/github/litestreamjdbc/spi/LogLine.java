package io.github.litestreamjdbc.spi;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A line of the log: {@code key=value} pairs that say what it is about, then words. It is one line whatever names and
 * failures have in them, and braces in it mean nothing. Pure.
 *
 * @param keys the pairs, separated by blanks
 */
public record LogLine(String keys) {
    /** What would begin another line, or is no character to look at. */
    private static final String UNPRINTABLE = "[\\p{Cntrl}\\u0085\\u2028\\u2029]+";

    /** What a value may consist of without quotes. */
    private static final String PLAIN = "[^\\s\"=]+";

    /** A line about something. */
    public static LogLine of(String key, Object value) {
        return new LogLine(pair(key, value));
    }

    /** The same, with one more pair. */
    public LogLine with(String key, Object value) {
        return new LogLine(keys + " " + pair(key, value));
    }

    /** The line. */
    public String says(String words) {
        return keys + " " + onOneLine(words);
    }

    /** The line of a bug: with where it happened, innermost first, and with its causes. */
    public String says(String words, Throwable bug) {
        StringBuilder text = new StringBuilder(words);
        for (Throwable cause = bug; cause != null; cause = cause.getCause()) {
            text.append(cause == bug ? ": " : ", caused by ").append(cause);
            text.append(Arrays.stream(cause.getStackTrace())
                    .map(StackTraceElement::toString)
                    .collect(Collectors.joining(" < ", " at ", "")));
        }
        return says(text.toString());
    }

    private static String pair(String key, Object value) {
        String text = onOneLine(Objects.toString(value));
        return key + "="
                + (text.matches(PLAIN) ? text : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
    }

    private static String onOneLine(String text) {
        return text.replaceAll(UNPRINTABLE, " ").strip();
    }
}
