package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationConfig.Capture;
import io.github.litestreamjdbc.api.ReplicationConfig.Durability;
import io.github.litestreamjdbc.api.ReplicationConfig.Fencing;
import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationConfig.Lease;
import io.github.litestreamjdbc.api.ReplicationConfig.Lifecycle;
import io.github.litestreamjdbc.api.ReplicationConfig.Limits;
import io.github.litestreamjdbc.api.ReplicationConfig.LocalFull;
import io.github.litestreamjdbc.api.ReplicationConfig.Maintenance;
import io.github.litestreamjdbc.api.ReplicationConfig.OnMismatch;
import io.github.litestreamjdbc.api.ReplicationConfig.Restore;
import io.github.litestreamjdbc.api.ReplicationConfig.Validation;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Makes the engine's settings of one database from the parameters. */
final class Configs {
    private static final Duration LEAST_TTL = Duration.ofSeconds(5);
    private static final Duration MOST_TTL = Duration.ofSeconds(120);
    private static final Duration LEASED_L0_RETENTION = Duration.ofMinutes(20);

    private final Settings settings;
    private final Path database;

    private Configs(Settings settings, Path database) {
        this.settings = settings;
        this.database = database;
    }

    /**
     * The settings of a database.
     *
     * @param replica not {@code none}
     * @param database real path
     * @throws SQLException naming the parameter that is wrong
     */
    static ReplicationConfig of(Settings settings, String replica, Path database) throws SQLException {
        Configs configs = new Configs(settings, database);
        Path metaPath = configs.metaPath();
        ReplicaUrl.check(settings, replica, database, metaPath);
        return new ReplicationConfig(
                ReplicaUrl.withoutTrailingSlash(replica),
                settings.storeSettings(),
                settings.text(DriverProperty.NAME).orElseGet(configs::fileName),
                metaPath,
                configs.constant(OnMismatch.class, DriverProperty.ON_MISMATCH),
                configs.fencing(),
                configs.restore(),
                configs.capture(),
                configs.maintenance(),
                configs.validation(metaPath),
                configs.durability(),
                configs.lifecycle(),
                configs.lease());
    }

    private boolean leased() {
        return settings.choice(DriverProperty.LEASE).equals("on");
    }

    private Fencing fencing() throws SQLException {
        Fencing given = constant(Fencing.class, DriverProperty.FENCING);
        if (!leased()) {
            return given;
        }
        if (settings.has(DriverProperty.FENCING) && given != Fencing.REQUIRED) {
            throw settings.refused(
                    DriverProperty.FENCING, "cannot go with lease=on, which needs fencing=required; leave it out");
        }
        return Fencing.REQUIRED;
    }

    private Lease lease() throws SQLException {
        Duration ttl = settings.duration(DriverProperty.LEASE_TTL);
        if (ttl.compareTo(LEAST_TTL) < 0 || ttl.compareTo(MOST_TTL) > 0) {
            throw settings.refused(DriverProperty.LEASE_TTL, "must be 5s to 120s");
        }
        return new Lease(leased(), ttl, settings.duration(DriverProperty.LEASE_WAIT));
    }

    /** A key that is emptied sooner could be taken by a request that a stopped process had signed before. */
    private Duration l0Retention() throws SQLException {
        Duration given = settings.duration(DriverProperty.L0_RETENTION);
        if (!leased() || given.isZero() || given.compareTo(LEASED_L0_RETENTION) >= 0) {
            return given;
        }
        if (settings.has(DriverProperty.L0_RETENTION)) {
            throw settings.refused(DriverProperty.L0_RETENTION, "must be at least 20m, or off, with lease=on");
        }
        return LEASED_L0_RETENTION;
    }

    private String fileName() {
        return database.getFileName().toString();
    }

    private Path metaPath() throws SQLException {
        Path path = folder(DriverProperty.META_PATH, database.resolveSibling("." + fileName() + "-litestream"));
        if (database.startsWith(path)) {
            // What is left there of a crash is deleted by its name alone.
            throw settings.refused(DriverProperty.META_PATH, "holds the database; name a folder of its own");
        }
        return path;
    }

    private Path folder(DriverProperty property, Path byDefault) throws SQLException {
        String given = settings.text(property).orElse(null);
        if (given == null) {
            return byDefault;
        }
        try {
            Path path = DatabaseFile.real(Path.of(given).toAbsolutePath().normalize());
            if (Files.exists(path) && !Files.isDirectory(path)) {
                throw settings.refused(property, "is a file; name a folder of its own");
            }
            return path;
        } catch (InvalidPathException e) {
            throw settings.refused(property, "is not a path: " + e.getReason());
        }
    }

    private <E extends Enum<E>> E constant(Class<E> type, DriverProperty property) {
        return Enum.valueOf(type, settings.choice(property).toUpperCase(Locale.ROOT));
    }

    private Restore restore() throws SQLException {
        boolean ifMissing = settings.choice(DriverProperty.RESTORE).equals("if-missing");
        RestoreOptions options = new RestoreOptions(
                target(ifMissing),
                RestoreOptions.Format.AUTO,
                false,
                constant(IntegrityCheck.class, DriverProperty.INTEGRITY_CHECK),
                settings.count(DriverProperty.RESTORE_PARALLELISM));
        return new Restore(
                ifMissing, options, settings.choice(DriverProperty.LOG_PROGRESS).equals("true"));
    }

    private RestoreTarget target(boolean ifMissing) throws SQLException {
        for (DriverProperty point : List.of(DriverProperty.RESTORE_TXID, DriverProperty.RESTORE_TIMESTAMP)) {
            if (settings.has(point) && !ifMissing) {
                throw settings.refused(point, "needs restore=if-missing; add it or leave this out");
            }
        }
        if (!settings.has(DriverProperty.RESTORE_TIMESTAMP)) {
            return settings.has(DriverProperty.RESTORE_TXID) ? new RestoreTarget.AtTxid(txid()) : RestoreTarget.LATEST;
        }
        if (settings.has(DriverProperty.RESTORE_TXID)) {
            throw settings.refused(
                    DriverProperty.RESTORE_TIMESTAMP, "cannot go with restore-txid; leave one of the two out");
        }
        try {
            return new RestoreTarget.AtTime(Values.instant(
                    settings.text(DriverProperty.RESTORE_TIMESTAMP).orElseThrow()));
        } catch (IllegalArgumentException e) {
            throw settings.refused(DriverProperty.RESTORE_TIMESTAMP, "must be " + e.getMessage());
        }
    }

    private long txid() throws SQLException {
        String text = settings.text(DriverProperty.RESTORE_TXID).orElseThrow();
        if (!text.matches("[0-9a-fA-F]{16}") || text.matches("0+")) {
            throw settings.refused(
                    DriverProperty.RESTORE_TXID, "must be 16 hex digits and not zero, such as 000000000000002a");
        }
        return Long.parseUnsignedLong(text, 16);
    }

    /** Files that are cut rarely on purpose are no lag. */
    private Duration lagThreshold() throws SQLException {
        Duration given = settings.duration(DriverProperty.LAG_THRESHOLD);
        Duration pace = settings.duration(DriverProperty.SYNC_INTERVAL);
        if (given.isZero() || given.compareTo(pace) > 0) {
            return given;
        }
        if (settings.has(DriverProperty.LAG_THRESHOLD)) {
            throw settings.refused(DriverProperty.LAG_THRESHOLD, "must be longer than sync-interval, or off");
        }
        return pace.multipliedBy(2);
    }

    private Capture capture() throws SQLException {
        return new Capture(
                settings.duration(DriverProperty.SYNC_INTERVAL),
                settings.duration(DriverProperty.MONITOR_INTERVAL),
                settings.count(DriverProperty.MIN_CHECKPOINT_PAGE_COUNT),
                settings.count(DriverProperty.MAX_CHECKPOINT_PAGE_COUNT),
                settings.duration(DriverProperty.CHECKPOINT_INTERVAL),
                constant(PageEncoding.class, DriverProperty.LTX_PAGE_ENCODING),
                new Limits(
                        settings.count(DriverProperty.TRUNCATE_PAGE_N),
                        settings.bytes(DriverProperty.WAL_HARD_LIMIT),
                        constant(LocalFull.class, DriverProperty.LOCAL_FULL),
                        settings.bytes(DriverProperty.LOCAL_BUDGET),
                        lagThreshold()));
    }

    private Maintenance maintenance() throws SQLException {
        if (settings.duration(DriverProperty.RETENTION_CHECK_INTERVAL).isZero()) {
            throw settings.refused(
                    DriverProperty.RETENTION_CHECK_INTERVAL, "must be longer than 0; retention=off deletes nothing");
        }
        try {
            return new Maintenance(
                    Values.levels(settings.text(DriverProperty.LEVELS).orElseThrow()),
                    settings.duration(DriverProperty.SNAPSHOT_INTERVAL),
                    settings.duration(DriverProperty.RETENTION),
                    l0Retention(),
                    settings.duration(DriverProperty.RETENTION_CHECK_INTERVAL));
        } catch (IllegalArgumentException e) {
            throw settings.refused(
                    DriverProperty.LEVELS,
                    "must be off, or 1 to 8 durations such as 30s,5m,1h, longer than 0, none shorter than the one before");
        }
    }

    private Validation validation(Path metaPath) throws SQLException {
        long bytesPerSecond = settings.bytes(DriverProperty.VALIDATION_BANDWIDTH);
        if (bytesPerSecond < 1) {
            throw settings.refused(
                    DriverProperty.VALIDATION_BANDWIDTH, "must be more than 0; validation-interval=off reads nothing");
        }
        return new Validation(
                settings.duration(DriverProperty.VALIDATION_INTERVAL),
                folder(DriverProperty.VALIDATION_PATH, metaPath),
                bytesPerSecond);
    }

    private Durability durability() throws SQLException {
        if (settings.duration(DriverProperty.DURABILITY_TIMEOUT).isZero()) {
            throw settings.refused(
                    DriverProperty.DURABILITY_TIMEOUT,
                    "must be longer than 0; for commits that do not wait leave durability=local");
        }
        return new Durability(
                settings.choice(DriverProperty.DURABILITY).equals("replica"),
                settings.duration(DriverProperty.DURABILITY_TIMEOUT));
    }

    private Lifecycle lifecycle() {
        return new Lifecycle(
                settings.duration(DriverProperty.LINGER),
                settings.choice(DriverProperty.CLOSE).equals("flush"),
                settings.duration(DriverProperty.SHUTDOWN_SYNC_TIMEOUT));
    }
}
