package io.github.litestreamjdbc.driver;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Every parameter of ours, in the order of the reference: the one place of names, defaults and descriptions. */
enum DriverProperty {
    REPLICA(
            Kind.TEXT,
            null,
            "where to replicate: a directory, `file:///abs/dir` or `file:rel/dir`; an object store, "
                    + "`s3://bucket/path`, `r2://account/bucket/path`, "
                    + "`b2://region/bucket/path` or `minio://host:port/bucket/path`; `none` for no replication. Required"),
    MIRROR(Kind.TEXT, null, "further stores that receive copies of the same files", Support.DEFAULT_ONLY),
    RESTORE(
            Kind.CHOICE,
            "never",
            "when to restore the database from the replica before it is opened: `if-missing` is "
                    + "when its file does not exist",
            "never",
            "if-missing"),
    RESTORE_TIMESTAMP(
            Kind.TEXT,
            null,
            "with `restore=if-missing`, the newest state captured before this instant (RFC 3339, such as "
                    + "`2026-11-21T14:03:07.250Z`); one outside the history kept is refused"),
    RESTORE_TXID(
            Kind.TEXT,
            null,
            "with `restore=if-missing`, the transaction to restore (16 hex digits); the newest " + "one without it"),
    RESTORE_PARALLELISM(Kind.COUNT, "32", "objects downloaded at once"),
    INTEGRITY_CHECK(
            Kind.CHOICE,
            "none",
            "SQLite's own check after a restore, besides the checksums that are always " + "verified",
            "none",
            "quick",
            "full"),
    MODE(
            Kind.CHOICE,
            "replicate",
            "`follow` is a read-only live copy of a replica that another process writes",
            Support.DEFAULT_ONLY,
            "replicate",
            "follow"),
    DURABILITY(
            Kind.CHOICE,
            "local",
            "`replica`: a commit returns once the replica has it; else an `SQLException` with "
                    + "SQLState 58030 says that it is committed locally but not confirmed",
            "local",
            "replica"),
    DURABILITY_TIMEOUT(Kind.DURATION, "30s", "how long such a commit waits"),
    SYNC_INTERVAL(
            Kind.DURATION,
            "1s",
            "smallest distance between level-0 files, so between uploads, under constant "
                    + "load; a commit after a quiet time goes at once"),
    MONITOR_INTERVAL(Kind.DURATION, "1s", "how often other processes' commits are looked for; `off` is never"),
    MIN_CHECKPOINT_PAGE_COUNT(
            Kind.COUNT,
            "1000",
            "live WAL frames from which the next paced level-0 file is followed " + "by a checkpoint"),
    MAX_CHECKPOINT_PAGE_COUNT(
            Kind.COUNT,
            "10000",
            "new WAL frames since the last checkpoint at which the next one, begun in time, is to end"),
    ON_MISMATCH(
            Kind.CHOICE,
            "refuse",
            "the database is not what the replica's newest state is, and nothing explains "
                    + "it: `refuse` the connection, or `adopt` the database as a full image under the next TXID; the "
                    + "replica's history stays",
            "refuse",
            "adopt"),
    CHECKPOINT_INTERVAL(
            Kind.DURATION,
            "1m",
            "age of the last checkpoint that starts one if something was written; " + "`off` is never"),
    TRUNCATE_PAGE_N(Kind.COUNT, "121359", "live WAL frames that start the bounded emergency drain"),
    WAL_HARD_LIMIT(Kind.SIZE, "4GiB", "WAL size at which `local-full` applies"),
    LOCAL_FULL(
            Kind.CHOICE,
            "detach",
            "what to do at that size while LTX files cannot be written: `detach` lets SQLite's checkpoints go on, and a "
                    + "full image follows; `block` lets writers wait; `grow` lets the WAL grow",
            "detach",
            "block",
            "grow"),
    LOCAL_BUDGET(
            Kind.SIZE,
            "8GiB",
            "bytes of LTX files not yet uploaded that are kept while the replica cannot be reached; then only the newest "
                    + "state is caught up on"),
    LAG_THRESHOLD(
            Kind.DURATION,
            "5m",
            "age of a commit that is not safe from which on replication counts as lagging: event, log and health say so; "
                    + "by default twice `sync-interval` where that is longer; `off` is never"),
    LEVELS(Kind.TEXT, "30s,5m,1h", "compaction intervals of the levels from 1 on; `off` merges nothing"),
    SNAPSHOT_INTERVAL(Kind.DURATION, "24h", "distance between snapshots; `off` takes none by itself"),
    RETENTION(
            Kind.DURATION,
            "24h",
            "for how long every point can be restored: snapshots and what depends on them are kept for it; `off` "
                    + "deletes nothing"),
    L0_RETENTION(
            Kind.DURATION,
            "5m",
            "how long level-0 files are kept after they were merged into level 1 (`20m` with a lease); `off` keeps "
                    + "them as long as the rest"),
    RETENTION_CHECK_INTERVAL(Kind.DURATION, "1h", "how often what is older than `retention` is looked for"),
    VALIDATION_INTERVAL(
            Kind.DURATION,
            "off",
            "how often the replica is restored in the background and compared with the database, page for page, if "
                    + "something was written since; `off` is never"),
    VALIDATION_PATH(
            Kind.TEXT,
            null,
            "folder with room for a second database, where that is done; by default the one of `meta-path`"),
    VALIDATION_BANDWIDTH(Kind.SIZE, "10MiB", "bytes per second that are read of the replica for it at the most"),
    META_PATH(
            Kind.TEXT,
            null,
            "folder of the local LTX files and state; by default `.<file>-litestream` beside the " + "database"),
    LTX_PAGE_ENCODING(Kind.CHOICE, "block", "`frame` can be read by Litestream before 0.5.16", "block", "frame"),
    LEASE(
            Kind.CHOICE,
            "off",
            "`on`: only the holder of the replica's lease writes. The next instance waits in its first connect, and with "
                    + "`restore=if-missing` takes over with what the replica has; needs conditional puts "
                    + "(`fencing=required` is implied)",
            "off",
            "on"),
    LEASE_TTL(Kind.DURATION, "15s", "how long a lease holds without renewal, 5s to 120s"),
    LEASE_WAIT(
            Kind.DURATION,
            "60s",
            "how long the first connect waits for the lease (then SQLState 08001), and a write for its confirmation "
                    + "(then 25006)"),
    FENCING(
            Kind.CHOICE,
            "auto",
            "how surely a second writer to the replica is found out: `required` refuses a store without conditional puts, "
                    + "at which `auto` looks before each put and `off` does not",
            "auto",
            "required",
            "off"),
    LINGER(Kind.DURATION, "5s", "how long replication goes on after the last connection closed"),
    CLOSE(Kind.CHOICE, "async", "`flush`: closing the last connection waits for the final sync", "async", "flush"),
    SHUTDOWN_SYNC_TIMEOUT(Kind.DURATION, "10s", "bound of the final sync, at JVM exit or with `close=flush`"),
    NAME(Kind.TEXT, null, "the database's name in JMX, metrics and logs; by default its file name"),
    LOG_PROGRESS(
            Kind.CHOICE, "true", "progress lines while restoring and while taking a first full image", "true", "false"),
    METRICS_ADDRESS(
            Kind.TEXT,
            "off",
            "port, or `host:port`, at which this JVM serves Prometheus text (`/metrics`) and JSON (`/health`) over HTTP;"
                    + " without a host, `127.0.0.1` only"),
    CONFIG(Kind.TEXT, null, "Java properties file with these names"),
    S3_ENDPOINT(
            Kind.TEXT,
            null,
            "address of the service, for stores that are not AWS; `https` unless it says `http` or is in a private network"),
    S3_REGION(
            Kind.TEXT,
            null,
            "region of the bucket; by default the endpoint's, and at AWS the one that the bucket turns out to be in"),
    S3_PATH_STYLE(
            Kind.CHOICE,
            null,
            "bucket name in the path instead of the host name; the default depends on the provider",
            "true",
            "false"),
    S3_ACCESS_KEY_ID(
            Kind.TEXT,
            null,
            "access key; without it the AWS SDK's default chain of credentials applies",
            Support.SECRET),
    S3_SECRET_ACCESS_KEY(Kind.TEXT, null, "secret of the access key", Support.SECRET),
    S3_SESSION_TOKEN(Kind.TEXT, null, "token of temporary credentials", Support.SECRET),
    S3_PROFILE(Kind.TEXT, null, "profile of the AWS configuration files"),
    S3_SIGN_PAYLOAD(
            Kind.CHOICE,
            null,
            "the signature covers the body of uploads; the default is `true` except at AWS, where checksums do it",
            "true",
            "false"),
    S3_REQUIRE_CONTENT_MD5(
            Kind.CHOICE,
            null,
            "sends `Content-MD5` where S3 once demanded it; the default depends on the provider",
            "true",
            "false"),
    S3_SKIP_VERIFY(
            Kind.CHOICE, "false", "does not verify the server's certificate, and warns about it", "true", "false"),
    S3_STORAGE_CLASS(Kind.TEXT, null, "storage class of uploaded objects"),
    S3_PART_SIZE(Kind.SIZE, "5MiB", "objects of this size and more are uploaded in parts of this size"),
    S3_CONCURRENCY(Kind.COUNT, null, "parts of one object uploaded at once; 5, or 2 at Cloudflare R2"),
    S3_SSE(Kind.CHOICE, null, "encryption by the server; by default what the bucket says", "AES256", "aws:kms", "none"),
    S3_SSE_KMS_KEY_ID(Kind.TEXT, null, "key of server-side encryption with KMS; implies `s3.sse=aws:kms`"),
    S3_SSE_CUSTOMER_KEY(
            Kind.TEXT, null, "customer's key of server-side encryption (SSE-C): 32 bytes in base 64", Support.SECRET);

    /** How a value is written. */
    enum Kind {
        TEXT,
        CHOICE,
        DURATION,
        SIZE,
        COUNT
    }

    private enum Support {
        FULL,
        /** Known, but nothing besides the default works yet. */
        DEFAULT_ONLY,
        /** Never in the URL, which pools and frameworks log. */
        SECRET
    }

    private final String parameter;
    private final Kind kind;
    private final String defaultValue;
    private final String description;
    private final Support support;
    private final List<String> choices;

    DriverProperty(Kind kind, String defaultValue, String description, String... choices) {
        this(kind, defaultValue, description, Support.FULL, choices);
    }

    DriverProperty(Kind kind, String defaultValue, String description, Support support, String... choices) {
        String kebab = name().toLowerCase(Locale.ROOT).replace('_', '-');
        this.parameter = kebab.startsWith("s3-") ? "s3." + kebab.substring(3) : kebab;
        this.kind = kind;
        this.defaultValue = defaultValue;
        this.description = description;
        this.support = support;
        this.choices = List.of(choices);
    }

    /** The parameter of this name, in any case. */
    static Optional<DriverProperty> named(String parameter) {
        for (DriverProperty property : values()) {
            if (property.parameter.equalsIgnoreCase(parameter)) {
                return Optional.of(property);
            }
        }
        return Optional.empty();
    }

    /** Name in URLs, properties and configuration files. */
    String parameter() {
        return parameter;
    }

    String systemProperty() {
        return "litestream." + parameter;
    }

    String environmentVariable() {
        return "LITESTREAM_"
                + parameter.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
    }

    Kind kind() {
        return kind;
    }

    /** Value when nothing is given; null if that depends on the database or there is none. */
    String defaultValue() {
        return defaultValue;
    }

    /** What it means, in Markdown. */
    String description() {
        return description;
    }

    /** The values it may have; empty if they cannot be listed. */
    List<String> choices() {
        return choices;
    }

    boolean secret() {
        return support == Support.SECRET;
    }

    /** Whether values besides the default work. */
    boolean supported() {
        return support != Support.DEFAULT_ONLY;
    }

    /** Whether it is handed to the store rather than to the engine. */
    boolean storeSetting() {
        return parameter.startsWith("s3.");
    }
}
