package io.github.litestreamjdbc.api;

import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import java.util.Objects;

/**
 * What to restore, and how.
 *
 * @param target the state
 * @param format of which of the two layouts that a replica can have
 * @param allowGap whether an instant behind a gap gives the state before the gap, as Litestream does, instead of an error
 * @param integrityCheck SQLite's own check of the restored file
 * @param parallelism objects downloaded at once, from 1 on
 */
public record RestoreOptions(
        RestoreTarget target, Format format, boolean allowGap, IntegrityCheck integrityCheck, int parallelism) {
    /** The newest state, no gaps, no check. */
    public static final RestoreOptions DEFAULTS =
            new RestoreOptions(RestoreTarget.LATEST, Format.AUTO, false, IntegrityCheck.NONE, 32);

    /** Checks that nothing is missing. */
    public RestoreOptions {
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(format, "format");
        Objects.requireNonNull(integrityCheck, "integrityCheck");
        if (parallelism < 1) {
            throw new IllegalArgumentException("parallelism " + parallelism + " is less than 1");
        }
    }

    /** The layouts that a replica can have, side by side after an upgrade. */
    public enum Format {
        /** LTX if there is any; else that of Litestream 0.3. What would give an older state than the other is an error. */
        AUTO,
        /** LTX, from Litestream 0.5 on. */
        LTX,
        /** {@code generations/}, of Litestream 0.3. */
        V03
    }

    /** The same with another target. */
    public RestoreOptions withTarget(RestoreTarget other) {
        return new RestoreOptions(other, format, allowGap, integrityCheck, parallelism);
    }

    /** The same with another check. */
    public RestoreOptions withIntegrityCheck(IntegrityCheck other) {
        return new RestoreOptions(target, format, allowGap, other, parallelism);
    }
}
