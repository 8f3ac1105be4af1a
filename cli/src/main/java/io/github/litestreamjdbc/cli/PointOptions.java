package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreOptions.Format;
import io.github.litestreamjdbc.api.RestoreTarget;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Which state, and how to get it. */
final class PointOptions {
    @Option(
            names = {"--timestamp", "-timestamp"},
            paramLabel = "T",
            description = "The newest state captured before this instant (RFC 3339).")
    private String timestamp;

    @Option(
            names = {"--txid", "-txid"},
            paramLabel = "X",
            description = "Exactly this transaction (16 hex digits).")
    private String txid;

    @Option(names = "--allow-gap", description = "Behind a gap, give the state before the gap.")
    private boolean allowGap;

    @Option(
            names = "--format",
            paramLabel = "auto|ltx|v0.3",
            defaultValue = "auto",
            description = "Which of two layouts beside each other (default: ${DEFAULT-VALUE}).")
    private String format;

    @Option(
            names = {"--parallelism", "-parallelism"},
            paramLabel = "N",
            defaultValue = "32",
            description = "Objects downloaded at once (default: ${DEFAULT-VALUE}).")
    private int parallelism;

    RestoreOptions options(IntegrityCheck check) throws ReplicationException {
        if (parallelism < 1) {
            throw new ReplicationException.Config("--parallelism " + parallelism + ": must be at least 1");
        }
        if (txid != null && format() == Format.V03) {
            throw new ReplicationException.Config(
                    "--txid and --format v0.3 cannot go together: Litestream 0.3 has no TXIDs; give --timestamp");
        }
        return new RestoreOptions(target(), format(), allowGap, check, parallelism);
    }

    private Format format() throws ReplicationException {
        return switch (format) {
            case "auto" -> Format.AUTO;
            case "ltx" -> Format.LTX;
            case "v0.3" -> Format.V03;
            default -> throw new ReplicationException.Config("--format " + format + ": must be auto, ltx or v0.3");
        };
    }

    private RestoreTarget target() throws ReplicationException {
        if (txid != null && timestamp != null) {
            throw new ReplicationException.Config("--txid and --timestamp cannot go together; leave one of them out");
        }
        if (txid != null) {
            if (!txid.matches("[0-9a-fA-F]{16}") || txid.matches("0+")) {
                throw new ReplicationException.Config(
                        "--txid " + txid + ": must be 16 hex digits and not zero, such as 000000000000002a");
            }
            return new RestoreTarget.AtTxid(Long.parseUnsignedLong(txid, 16));
        }
        return timestamp == null ? RestoreTarget.LATEST : new RestoreTarget.AtTime(instant());
    }

    private Instant instant() throws ReplicationException {
        Instant instant;
        try {
            instant = OffsetDateTime.parse(timestamp).toInstant();
        } catch (DateTimeParseException e) {
            throw new ReplicationException.Config(
                    "--timestamp " + timestamp + ": must be an instant with its zone, such as 2026-11-21T14:03:07.250Z",
                    e);
        }
        if (instant.isAfter(Instant.now())) {
            throw new ReplicationException.Config(
                    "--timestamp " + timestamp + ": is in the future; leave it out for the newest state");
        }
        return instant;
    }

    static IntegrityCheck check(String text) throws ReplicationException {
        try {
            return IntegrityCheck.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new ReplicationException.Config("--integrity-check " + text + ": must be none, quick or full", e);
        }
    }
}
