package io.github.litestreamjdbc.driver;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.TreeSet;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A {@link DataSource} for containers and frameworks that configure beans instead of URLs. Set the URL, or the database
 * file with the replica. Every parameter of {@code docs/url.md} is a bean property, written as in a URL but without
 * percent-encoding, and wins over the URL; null takes it back. sqlite-jdbc's are connection properties. Nothing is checked
 * before the first connection. Configure it before use; {@link #getConnection()} may then be called by several threads.
 */
public final class LitestreamDataSource implements DataSource {
    private static final LitestreamDriver DRIVER = new LitestreamDriver();

    private final Properties properties = new Properties();
    private String url;
    private PrintWriter logWriter;
    private int loginTimeout;

    /** A data source without a URL. */
    public LitestreamDataSource() {}

    /** Sets the whole URL, {@code jdbc:litestream:sqlite:<file>?…}. */
    public void setUrl(String url) {
        this.url = url;
    }

    /** The URL set. */
    public String getUrl() {
        return url;
    }

    /** Sets the database file, in place of a URL. */
    public void setDatabaseName(String file) {
        this.url = UrlParts.PREFIX + file;
    }

    /** Sets {@code replica}. */
    public void setReplica(String value) {
        set(DriverProperty.REPLICA, value);
    }

    /** Sets {@code mirror}. */
    public void setMirror(String value) {
        set(DriverProperty.MIRROR, value);
    }

    /** Sets {@code restore}. */
    public void setRestore(String value) {
        set(DriverProperty.RESTORE, value);
    }

    /** Sets {@code restore-timestamp}. */
    public void setRestoreTimestamp(String value) {
        set(DriverProperty.RESTORE_TIMESTAMP, value);
    }

    /** Sets {@code restore-txid}. */
    public void setRestoreTxid(String value) {
        set(DriverProperty.RESTORE_TXID, value);
    }

    /** Sets {@code restore-parallelism}. */
    public void setRestoreParallelism(String value) {
        set(DriverProperty.RESTORE_PARALLELISM, value);
    }

    /** Sets {@code integrity-check}. */
    public void setIntegrityCheck(String value) {
        set(DriverProperty.INTEGRITY_CHECK, value);
    }

    /** Sets {@code mode}. */
    public void setMode(String value) {
        set(DriverProperty.MODE, value);
    }

    /** Sets {@code durability}. */
    public void setDurability(String value) {
        set(DriverProperty.DURABILITY, value);
    }

    /** Sets {@code durability-timeout}. */
    public void setDurabilityTimeout(String value) {
        set(DriverProperty.DURABILITY_TIMEOUT, value);
    }

    /** Sets {@code sync-interval}. */
    public void setSyncInterval(String value) {
        set(DriverProperty.SYNC_INTERVAL, value);
    }

    /** Sets {@code monitor-interval}. */
    public void setMonitorInterval(String value) {
        set(DriverProperty.MONITOR_INTERVAL, value);
    }

    /** Sets {@code min-checkpoint-page-count}. */
    public void setMinCheckpointPageCount(String value) {
        set(DriverProperty.MIN_CHECKPOINT_PAGE_COUNT, value);
    }

    /** Sets {@code max-checkpoint-page-count}. */
    public void setMaxCheckpointPageCount(String value) {
        set(DriverProperty.MAX_CHECKPOINT_PAGE_COUNT, value);
    }

    /** Sets {@code on-mismatch}. */
    public void setOnMismatch(String value) {
        set(DriverProperty.ON_MISMATCH, value);
    }

    /** Sets {@code checkpoint-interval}. */
    public void setCheckpointInterval(String value) {
        set(DriverProperty.CHECKPOINT_INTERVAL, value);
    }

    /** Sets {@code truncate-page-n}. */
    public void setTruncatePageN(String value) {
        set(DriverProperty.TRUNCATE_PAGE_N, value);
    }

    /** Sets {@code wal-hard-limit}. */
    public void setWalHardLimit(String value) {
        set(DriverProperty.WAL_HARD_LIMIT, value);
    }

    /** Sets {@code local-full}. */
    public void setLocalFull(String value) {
        set(DriverProperty.LOCAL_FULL, value);
    }

    /** Sets {@code local-budget}. */
    public void setLocalBudget(String value) {
        set(DriverProperty.LOCAL_BUDGET, value);
    }

    /** Sets {@code lag-threshold}. */
    public void setLagThreshold(String value) {
        set(DriverProperty.LAG_THRESHOLD, value);
    }

    /** Sets {@code levels}. */
    public void setLevels(String value) {
        set(DriverProperty.LEVELS, value);
    }

    /** Sets {@code snapshot-interval}. */
    public void setSnapshotInterval(String value) {
        set(DriverProperty.SNAPSHOT_INTERVAL, value);
    }

    /** Sets {@code retention}. */
    public void setRetention(String value) {
        set(DriverProperty.RETENTION, value);
    }

    /** Sets {@code l0-retention}. */
    public void setL0Retention(String value) {
        set(DriverProperty.L0_RETENTION, value);
    }

    /** Sets {@code retention-check-interval}. */
    public void setRetentionCheckInterval(String value) {
        set(DriverProperty.RETENTION_CHECK_INTERVAL, value);
    }

    /** Sets {@code validation-interval}. */
    public void setValidationInterval(String value) {
        set(DriverProperty.VALIDATION_INTERVAL, value);
    }

    /** Sets {@code validation-path}. */
    public void setValidationPath(String value) {
        set(DriverProperty.VALIDATION_PATH, value);
    }

    /** Sets {@code validation-bandwidth}. */
    public void setValidationBandwidth(String value) {
        set(DriverProperty.VALIDATION_BANDWIDTH, value);
    }

    /** Sets {@code meta-path}. */
    public void setMetaPath(String value) {
        set(DriverProperty.META_PATH, value);
    }

    /** Sets {@code ltx-page-encoding}. */
    public void setLtxPageEncoding(String value) {
        set(DriverProperty.LTX_PAGE_ENCODING, value);
    }

    /** Sets {@code lease}. */
    public void setLease(String value) {
        set(DriverProperty.LEASE, value);
    }

    /** Sets {@code lease-ttl}. */
    public void setLeaseTtl(String value) {
        set(DriverProperty.LEASE_TTL, value);
    }

    /** Sets {@code lease-wait}. */
    public void setLeaseWait(String value) {
        set(DriverProperty.LEASE_WAIT, value);
    }

    /** Sets {@code fencing}. */
    public void setFencing(String value) {
        set(DriverProperty.FENCING, value);
    }

    /** Sets {@code linger}. */
    public void setLinger(String value) {
        set(DriverProperty.LINGER, value);
    }

    /** Sets {@code close}. */
    public void setClose(String value) {
        set(DriverProperty.CLOSE, value);
    }

    /** Sets {@code shutdown-sync-timeout}. */
    public void setShutdownSyncTimeout(String value) {
        set(DriverProperty.SHUTDOWN_SYNC_TIMEOUT, value);
    }

    /** Sets {@code name}. */
    public void setName(String value) {
        set(DriverProperty.NAME, value);
    }

    /** Sets {@code log-progress}. */
    public void setLogProgress(String value) {
        set(DriverProperty.LOG_PROGRESS, value);
    }

    /** Sets {@code metrics-address}. */
    public void setMetricsAddress(String value) {
        set(DriverProperty.METRICS_ADDRESS, value);
    }

    /** Sets {@code config}. */
    public void setConfig(String value) {
        set(DriverProperty.CONFIG, value);
    }

    /** Sets {@code s3.endpoint}. */
    public void setS3Endpoint(String value) {
        set(DriverProperty.S3_ENDPOINT, value);
    }

    /** Sets {@code s3.region}. */
    public void setS3Region(String value) {
        set(DriverProperty.S3_REGION, value);
    }

    /** Sets {@code s3.path-style}. */
    public void setS3PathStyle(String value) {
        set(DriverProperty.S3_PATH_STYLE, value);
    }

    /** Sets {@code s3.access-key-id}; secret. */
    public void setS3AccessKeyId(String value) {
        set(DriverProperty.S3_ACCESS_KEY_ID, value);
    }

    /** Sets {@code s3.secret-access-key}; secret. */
    public void setS3SecretAccessKey(String value) {
        set(DriverProperty.S3_SECRET_ACCESS_KEY, value);
    }

    /** Sets {@code s3.session-token}; secret. */
    public void setS3SessionToken(String value) {
        set(DriverProperty.S3_SESSION_TOKEN, value);
    }

    /** Sets {@code s3.profile}. */
    public void setS3Profile(String value) {
        set(DriverProperty.S3_PROFILE, value);
    }

    /** Sets {@code s3.sign-payload}. */
    public void setS3SignPayload(String value) {
        set(DriverProperty.S3_SIGN_PAYLOAD, value);
    }

    /** Sets {@code s3.require-content-md5}. */
    public void setS3RequireContentMd5(String value) {
        set(DriverProperty.S3_REQUIRE_CONTENT_MD5, value);
    }

    /** Sets {@code s3.skip-verify}. */
    public void setS3SkipVerify(String value) {
        set(DriverProperty.S3_SKIP_VERIFY, value);
    }

    /** Sets {@code s3.storage-class}. */
    public void setS3StorageClass(String value) {
        set(DriverProperty.S3_STORAGE_CLASS, value);
    }

    /** Sets {@code s3.part-size}. */
    public void setS3PartSize(String value) {
        set(DriverProperty.S3_PART_SIZE, value);
    }

    /** Sets {@code s3.concurrency}. */
    public void setS3Concurrency(String value) {
        set(DriverProperty.S3_CONCURRENCY, value);
    }

    /** Sets {@code s3.sse}. */
    public void setS3Sse(String value) {
        set(DriverProperty.S3_SSE, value);
    }

    /** Sets {@code s3.sse-kms-key-id}. */
    public void setS3SseKmsKeyId(String value) {
        set(DriverProperty.S3_SSE_KMS_KEY_ID, value);
    }

    /** Sets {@code s3.sse-customer-key}; secret. */
    public void setS3SseCustomerKey(String value) {
        set(DriverProperty.S3_SSE_CUSTOMER_KEY, value);
    }

    /** Sets further parameters, ours and sqlite-jdbc's; may hold secrets. */
    public void setConnectionProperties(Properties more) {
        properties.putAll(more);
    }

    private void set(DriverProperty property, String value) {
        if (value == null) {
            properties.remove(property.parameter());
        } else {
            properties.setProperty(property.parameter(), value);
        }
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (url == null || !DRIVER.acceptsURL(url)) {
            throw SqlErrors.refused("url=" + url + " does not begin with " + UrlParts.PREFIX
                    + "; call setUrl, or setDatabaseName and setReplica");
        }
        Properties copy = new Properties();
        copy.putAll(properties);
        return DRIVER.connect(url, copy);
    }

    /** SQLite has no users; both are ignored. */
    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return getConnection();
    }

    @Override
    public PrintWriter getLogWriter() {
        return logWriter;
    }

    @Override
    public void setLogWriter(PrintWriter out) {
        logWriter = out;
    }

    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeout = seconds;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeout;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return DRIVER.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (!isWrapperFor(type)) {
            throw new SQLException("a LitestreamDataSource is no " + type.getName());
        }
        return type.cast(this);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    /** Names what is set; values may be secret. */
    @Override
    public String toString() {
        String file = url == null ? null : url.split("\\?", 2)[0];
        return "LitestreamDataSource[" + file + ", " + new TreeSet<>(properties.stringPropertyNames()) + "]";
    }
}
