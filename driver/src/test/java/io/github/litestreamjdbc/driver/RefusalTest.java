package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every parameter has values that are refused, by name, value and source, before anything is touched. */
class RefusalTest {
    private static final Environment NOTHING = new Environment(name -> null, name -> null);

    @TempDir
    private Path directory;

    /** Exhaustive on purpose: without its bad values a new parameter does not compile here. */
    private static List<String> badValues(DriverProperty property) {
        return switch (property) {
            case REPLICA ->
                List.of("", "/backup/app", "backup", "C:\\backup", "file://host/backup", "s3://", "s3://bucket", "s3:");
            case RESTORE -> List.of("", "always", "true");
            case RESTORE_TIMESTAMP -> List.of("", "yesterday", "2026-11-21", "2026-11-21T14:03:07");
            case RESTORE_TXID -> List.of("", "2a", "0000000000000000", "000000000000002g");
            case INTEGRITY_CHECK -> List.of("", "deep");
            case DURABILITY -> List.of("", "both", "remote");
            case ON_MISMATCH -> List.of("", "overwrite");
            case LOCAL_FULL -> List.of("", "delete");
            case LTX_PAGE_ENCODING -> List.of("", "zip");
            case FENCING -> List.of("", "maybe");
            case CLOSE -> List.of("", "now");
            case LOG_PROGRESS, S3_PATH_STYLE, S3_SIGN_PAYLOAD, S3_REQUIRE_CONTENT_MD5, S3_SKIP_VERIFY ->
                List.of("", "maybe", "1");
            case S3_SSE -> List.of("", "aes-128");
            case RESTORE_PARALLELISM, MIN_CHECKPOINT_PAGE_COUNT, MAX_CHECKPOINT_PAGE_COUNT, TRUNCATE_PAGE_N ->
                List.of("", "0", "-1", "1.5", "many", "99999999999");
            case S3_CONCURRENCY -> List.of("", "0", "-1", "two");
            case SYNC_INTERVAL,
                    MONITOR_INTERVAL,
                    CHECKPOINT_INTERVAL,
                    SNAPSHOT_INTERVAL,
                    RETENTION,
                    L0_RETENTION,
                    VALIDATION_INTERVAL,
                    LINGER,
                    SHUTDOWN_SYNC_TIMEOUT -> List.of("", "soon", "-1s", "5", "1x");
            case DURABILITY_TIMEOUT, RETENTION_CHECK_INTERVAL -> List.of("", "soon", "-1s", "5", "0", "off");
            case WAL_HARD_LIMIT, LOCAL_BUDGET, S3_PART_SIZE -> List.of("", "big", "-1", "1.5GiB");
            case VALIDATION_BANDWIDTH -> List.of("", "fast", "0");
            case LEVELS -> List.of("", "often", "30s,", "5m,30s", "30s,0");
            case METRICS_ADDRESS -> List.of("", ":9090", "0", "65536", "http://localhost:1");
            case META_PATH, VALIDATION_PATH -> List.of("", "\0");
            case CONFIG -> List.of("", "/nowhere/at/all.properties", "\0");
            case MIRROR -> List.of("", "file:///x");
            case MODE -> List.of("", "follow", "read");
            case LEASE -> List.of("", "maybe");
            case LAG_THRESHOLD -> List.of("", "soon", "-1s", "5", "1s");
            case LEASE_TTL -> List.of("", "1s", "30m", "soon");
            case LEASE_WAIT -> List.of("", "soon", "-1s");
            // Any text is one; what the store makes of it is the store's to say.
            case NAME,
                    S3_ENDPOINT,
                    S3_REGION,
                    S3_ACCESS_KEY_ID,
                    S3_SECRET_ACCESS_KEY,
                    S3_SESSION_TOKEN,
                    S3_PROFILE,
                    S3_STORAGE_CLASS,
                    S3_SSE_KMS_KEY_ID,
                    S3_SSE_CUSTOMER_KEY -> List.of("");
        };
    }

    record Bad(DriverProperty property, String value) {
        @Override
        public String toString() {
            return property.parameter() + "=" + value.replace('\0', '0');
        }
    }

    static Stream<Bad> bad() {
        return Stream.of(DriverProperty.values())
                .flatMap(property -> badValues(property).stream().map(value -> new Bad(property, value)));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void badValueIsRefusedByNameAndValue(Bad bad) {
        Properties properties = new Properties();
        properties.setProperty("replica", "file:" + directory.resolve("replica"));
        if (bad.property().parameter().startsWith("restore-")) {
            properties.setProperty("restore", "if-missing");
        }
        properties.setProperty(bad.property().parameter(), bad.value());
        assertThatThrownBy(() -> LitestreamUrl.read(UrlParts.PREFIX + directory.resolve("app.db"), properties, NOTHING))
                .isInstanceOfSatisfying(SQLException.class, e -> {
                    assertThat(e.getSQLState()).isEqualTo("08001");
                    assertThat(e.getMessage()).contains(bad.property().parameter());
                    assertThat(e.getMessage()).contains(bad.value());
                });
        assertThat(directory).isEmptyDirectory();
    }

    @ParameterizedTest
    @EnumSource
    void secretIsRefusedInTheUrlAndEveryOtherParameterIsTakenFromIt(DriverProperty property) {
        if (property.secret()) {
            assertThatThrownBy(() -> LitestreamUrl.read(
                            UrlParts.PREFIX + "app.db?replica=file:/r&" + property.parameter() + "=hunter2",
                            new Properties(),
                            NOTHING))
                    .hasMessageContaining("'" + property.parameter() + "' is secret")
                    .hasMessageContaining(property.environmentVariable())
                    .hasMessageNotContaining("hunter2");
        } else {
            assertThatThrownBy(() -> LitestreamUrl.read(
                            UrlParts.PREFIX + "app.db?" + property.parameter() + "=%zz", new Properties(), NOTHING))
                    .hasMessageContaining("'" + property.parameter() + "=%zz' (URL)");
        }
    }
}
