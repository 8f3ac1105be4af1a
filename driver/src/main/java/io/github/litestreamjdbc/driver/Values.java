package io.github.litestreamjdbc.driver;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How durations and sizes are written. The messages say what is allowed; callers add the parameter. */
final class Values {
    private static final Pattern DURATION_PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h|d)");
    private static final Map<String, Long> NANOS = Map.of(
            "ns",
            1L,
            "us",
            1_000L,
            "µs",
            1_000L,
            "ms",
            1_000_000L,
            "s",
            1_000_000_000L,
            "m",
            60_000_000_000L,
            "h",
            3_600_000_000_000L,
            "d",
            86_400_000_000_000L);
    private static final Pattern SIZE = Pattern.compile("(\\d+) ?(|b|kib|mib|gib|tib|kb|mb|gb|tb)");
    private static final Map<String, Long> BYTES = Map.of(
            "",
            1L,
            "b",
            1L,
            "kib",
            1L << 10,
            "mib",
            1L << 20,
            "gib",
            1L << 30,
            "tib",
            1L << 40,
            "kb",
            1_000L,
            "mb",
            1_000_000L,
            "gb",
            1_000_000_000L,
            "tb",
            1_000_000_000_000L);

    private Values() {}

    /**
     * A duration as Litestream writes it ({@code 500ms}, {@code 1h30m}), as ISO-8601 does ({@code PT10S}), {@code 0} or
     * {@code off}.
     *
     * @return not negative; zero for {@code off}
     * @throws IllegalArgumentException if it is none of these
     */
    static Duration duration(String text) {
        String value = text.trim().toLowerCase(Locale.ROOT);
        if (value.equals("0") || value.equals("off")) {
            return Duration.ZERO;
        }
        try {
            Duration duration = value.startsWith("p") ? Duration.parse(value) : parts(value);
            if (duration.isNegative()) {
                throw notADuration();
            }
            return duration;
        } catch (DateTimeException | ArithmeticException e) {
            throw notADuration();
        }
    }

    /**
     * Intervals of levels, separated by commas; {@code off} or {@code 0} is none.
     *
     * @throws IllegalArgumentException if one of them is not a duration
     */
    static List<Duration> levels(String text) {
        if (text.trim().equalsIgnoreCase("off") || text.trim().equals("0")) {
            return List.of();
        }
        List<Duration> levels = new ArrayList<>();
        for (String level : text.split(",", -1)) {
            levels.add(duration(level));
        }
        return levels;
    }

    private static Duration parts(String value) {
        Matcher part = DURATION_PART.matcher(value);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (part.find() && part.start() == end) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(NANOS.get(part.group(2)))));
            end = part.end();
        }
        if (end == 0 || end < value.length()) {
            throw notADuration();
        }
        return Duration.ofNanos(nanos.toBigInteger().longValueExact());
    }

    private static IllegalArgumentException notADuration() {
        return new IllegalArgumentException("a duration such as 500ms, 10s, 5m, 24h or 1h30m");
    }

    /**
     * An instant in RFC 3339, with fractions of a second and with a zone.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text.trim()).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "an instant with its zone, such as 2026-11-21T14:03:07.250Z or 2026-11-21T15:03:07+01:00", e);
        }
    }

    /**
     * A size in bytes: {@code 64MiB}, {@code 1GiB}, or a plain number.
     *
     * @throws IllegalArgumentException if it is not a size
     */
    static long bytes(String text) {
        Matcher size = SIZE.matcher(text.trim().toLowerCase(Locale.ROOT));
        try {
            if (size.matches()) {
                return Math.multiplyExact(Long.parseLong(size.group(1)), BYTES.get(size.group(2)));
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw notASize();
        }
        throw notASize();
    }

    private static IllegalArgumentException notASize() {
        return new IllegalArgumentException("a size such as 65536, 64MiB or 1GiB");
    }

    /**
     * A number from 1 to {@link Integer#MAX_VALUE}.
     *
     * @throws IllegalArgumentException if it is not
     */
    static int count(String text) {
        try {
            int count = Integer.parseInt(text.trim());
            if (count >= 1) {
                return count;
            }
        } catch (NumberFormatException e) {
            throw notACount();
        }
        throw notACount();
    }

    private static IllegalArgumentException notACount() {
        return new IllegalArgumentException("a whole number from 1 to " + Integer.MAX_VALUE);
    }
}
