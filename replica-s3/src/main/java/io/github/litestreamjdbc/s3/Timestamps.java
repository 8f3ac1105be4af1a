package io.github.litestreamjdbc.s3;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Map;

/** The creation of an object in its metadata, as Litestream writes and reads it. */
final class Timestamps {
    /** The name of the metadata. */
    static final String NAME = "litestream-timestamp";

    /** RFC 3339 in UTC with as many digits of the second as it has: trailing zeros are dropped one by one. */
    private static final DateTimeFormatter FORMAT = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendLiteral('Z')
            .toFormatter()
            .withZone(ZoneOffset.UTC);

    private Timestamps() {}

    static String format(Instant created) {
        return FORMAT.format(created);
    }

    /** The instant in the metadata; the time of storing where it is missing or not one. */
    static Instant created(Map<String, String> metadata, Instant lastModified) {
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            if (entry.getKey().equalsIgnoreCase(NAME)) {
                try {
                    return OffsetDateTime.parse(entry.getValue()).toInstant();
                } catch (DateTimeException notOne) {
                    return lastModified;
                }
            }
        }
        return lastModified;
    }
}
