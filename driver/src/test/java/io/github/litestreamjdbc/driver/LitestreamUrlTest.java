package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationConfig.OnMismatch;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreTarget;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LitestreamUrlTest {
    @TempDir
    private Path directory;

    private Path database;
    private final Properties properties = new Properties();
    private final Map<String, String> systemProperties = new HashMap<>();
    private final Map<String, String> variables = new HashMap<>();

    @BeforeEach
    void realPaths() throws IOException {
        directory = directory.toRealPath();
        database = directory.resolve("app.db");
    }

    private LitestreamUrl read(String file, String parameters) throws SQLException {
        return LitestreamUrl.read(
                "jdbc:litestream:sqlite:" + file + parameters,
                properties,
                new Environment(systemProperties::get, variables::get));
    }

    private LitestreamUrl replicated(String... parameters) throws SQLException {
        return read(database.toString(), "?replica=" + replica() + and(parameters));
    }

    private static String and(String... parameters) {
        return parameters.length == 0 ? "" : "&" + String.join("&", parameters);
    }

    private String replica() {
        return directory.resolve("replica").toUri().toString();
    }

    private ReplicationConfig config(String... parameters) throws SQLException {
        return replicated(parameters).config().orElseThrow();
    }

    private AbstractThrowableAssert<?, ?> assertRefused(String... parameters) {
        return refusal(() -> replicated(parameters));
    }

    private static AbstractThrowableAssert<?, ?> refusal(ThrowingCallable connect) {
        return assertThatThrownBy(connect)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08001"));
    }

    @Test
    void replicaAloneGivesTheDefaults() throws SQLException {
        LitestreamUrl url = replicated();
        assertThat(url.database()).isEqualTo(database);
        assertThat(url.config())
                .contains(new ReplicationConfig(
                        replica(),
                        Map.of(),
                        "app.db",
                        directory.resolve(".app.db-litestream"),
                        OnMismatch.REFUSE,
                        ReplicationConfig.Fencing.AUTO,
                        ReplicationConfig.Restore.DEFAULTS,
                        ReplicationConfig.Capture.DEFAULTS,
                        ReplicationConfig.Maintenance.DEFAULTS,
                        ReplicationConfig.Durability.DEFAULTS,
                        ReplicationConfig.Lifecycle.DEFAULTS));
    }

    @Test
    void trailingSlashDoesNotMakeAnotherReplica() throws SQLException {
        assertThat(ReplicaUrl.withoutTrailingSlash("file:///backup/app/")).isEqualTo("file:///backup/app");
        assertThat(ReplicaUrl.withoutTrailingSlash("s3://bucket/app/")).isEqualTo("s3://bucket/app");
        assertThat(ReplicaUrl.withoutTrailingSlash("file:///")).isEqualTo("file:///");
        assertThat(ReplicaUrl.withoutTrailingSlash("file:rel")).isEqualTo("file:rel");
        String slash = read(database.toString(), "?replica=" + replica() + "/")
                .config()
                .orElseThrow()
                .replicaUrl();
        assertThat(slash).isEqualTo(config().replicaUrl());
    }

    @Test
    void everySupportedParameterReachesTheEngine() throws SQLException {
        ReplicationConfig config = config(
                "restore=if-missing",
                "restore-txid=000000000000002A",
                "restore-parallelism=4",
                "integrity-check=full",
                "durability=replica",
                "durability-timeout=7s",
                "sync-interval=250ms",
                "monitor-interval=off",
                "min-checkpoint-page-count=11",
                "max-checkpoint-page-count=22",
                "on-mismatch=adopt",
                "checkpoint-interval=3m",
                "meta-path=" + directory.resolve("meta"),
                "ltx-page-encoding=frame",
                "levels=1m,10m",
                "snapshot-interval=6h",
                "retention=7d",
                "l0-retention=20m",
                "retention-check-interval=2m",
                "validation-interval=6h",
                "validation-path=" + directory.resolve("spare"),
                "validation-bandwidth=3MiB",
                "lag-threshold=90s",
                "linger=0",
                "close=flush",
                "shutdown-sync-timeout=4s",
                "name=orders",
                "log-progress=false");
        assertThat(config)
                .isEqualTo(new ReplicationConfig(
                        replica(),
                        Map.of(),
                        "orders",
                        directory.resolve("meta"),
                        OnMismatch.ADOPT,
                        ReplicationConfig.Fencing.AUTO,
                        new ReplicationConfig.Restore(
                                true,
                                new RestoreOptions(
                                        new RestoreTarget.AtTxid(42),
                                        RestoreOptions.Format.AUTO,
                                        false,
                                        IntegrityCheck.FULL,
                                        4),
                                false),
                        new ReplicationConfig.Capture(
                                Duration.ofMillis(250),
                                Duration.ZERO,
                                11,
                                22,
                                Duration.ofMinutes(3),
                                PageEncoding.FRAME,
                                new ReplicationConfig.Limits(
                                        ReplicationConfig.Limits.DEFAULTS.drainFrames(),
                                        ReplicationConfig.Limits.DEFAULTS.walHardLimitBytes(),
                                        ReplicationConfig.Limits.DEFAULTS.localFull(),
                                        ReplicationConfig.Limits.DEFAULTS.localBudgetBytes(),
                                        Duration.ofSeconds(90))),
                        new ReplicationConfig.Maintenance(
                                List.of(Duration.ofMinutes(1), Duration.ofMinutes(10)),
                                Duration.ofHours(6),
                                Duration.ofDays(7),
                                Duration.ofMinutes(20),
                                Duration.ofMinutes(2)),
                        new ReplicationConfig.Validation(Duration.ofHours(6), directory.resolve("spare"), 3 << 20),
                        new ReplicationConfig.Durability(true, Duration.ofSeconds(7)),
                        new ReplicationConfig.Lifecycle(Duration.ZERO, true, Duration.ofSeconds(4))));
    }

    @Test
    void pacesThatAreSlowOnPurposeAreNoLag() throws SQLException {
        assertThat(config("sync-interval=10m").capture().limits().lagThreshold())
                .isEqualTo(Duration.ofMinutes(20));
        assertThat(config("lag-threshold=off").capture().limits().lagThreshold())
                .isZero();
        assertRefused("sync-interval=2s", "lag-threshold=2s")
                .hasMessageContaining("'lag-threshold=2s'")
                .hasMessageContaining("must be longer than sync-interval, or off");
    }

    @Test
    void firstSourceThatHasAValueWins() throws Exception {
        assertThat(config().capture().syncInterval()).isEqualTo(Duration.ofSeconds(1));

        Path file = Files.writeString(directory.resolve("litestream.properties"), "sync-interval = 2s\n");
        properties.setProperty("config", file.toString());
        assertThat(config().capture().syncInterval()).as("file").isEqualTo(Duration.ofSeconds(2));

        variables.put("LITESTREAM_SYNC_INTERVAL", "3s");
        assertThat(config().capture().syncInterval()).as("environment").isEqualTo(Duration.ofSeconds(3));

        systemProperties.put("litestream.sync-interval", "4s");
        assertThat(config().capture().syncInterval()).as("system property").isEqualTo(Duration.ofSeconds(4));

        assertThat(config("sync-interval=5s").capture().syncInterval())
                .as("URL")
                .isEqualTo(Duration.ofSeconds(5));

        properties.setProperty("sync-interval", "6s");
        assertThat(config("sync-interval=5s").capture().syncInterval())
                .as("connection property")
                .isEqualTo(Duration.ofSeconds(6));
    }

    @ParameterizedTest
    @CsvSource({"litestream.config,", ", LITESTREAM_CONFIG"})
    void configurationFileMayBeNamedByAnySource(String systemProperty, String variable) throws Exception {
        Path file = Files.writeString(directory.resolve("c.properties"), "Replica=" + replica() + "\nNAME=größe\n");
        systemProperties.put(systemProperty, file.toString());
        variables.put(variable, file.toString());
        assertThat(read(database.toString(), "").config().orElseThrow().name()).isEqualTo("größe");
    }

    @Test
    void defaultsOfPropertiesCount() throws SQLException {
        Properties defaults = new Properties();
        defaults.setProperty("name", "inherited");
        Properties withDefaults = new Properties(defaults);
        LitestreamUrl url = LitestreamUrl.read(
                "jdbc:litestream:sqlite:" + database + "?replica=" + replica(),
                withDefaults,
                new Environment(name -> null, name -> null));
        assertThat(url.config().orElseThrow().name()).isEqualTo("inherited");
    }

    @Test
    void missingConfigurationFileIsNamed() {
        String missing = directory.resolve("missing.properties").toString();
        assertRefused("config=" + missing).hasMessageContaining("'config'").hasMessageContaining(missing);
    }

    @Test
    void unknownNameInTheConfigurationFileGetsTheNearestOne() throws IOException {
        Path file = Files.writeString(directory.resolve("c.properties"), "sync-intervall=2s\n");
        assertRefused("config=" + file)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("'sync-intervall'")
                .hasMessageContaining("did you mean 'sync-interval'?");
    }

    @Test
    void configurationFileCannotNameAnother() throws IOException {
        Path file = Files.writeString(directory.resolve("c.properties"), "config=d.properties\n");
        assertRefused("config=" + file)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("cannot name another");
    }

    @Test
    void namesAreCaseInsensitiveEverywhere() throws SQLException {
        properties.setProperty("NAME", "orders");
        properties.setProperty("Busy_Timeout", "7");
        LitestreamUrl url = replicated("Sync-Interval=5s", "SYNCHRONOUS=NORMAL");
        assertThat(url.config().orElseThrow().name()).isEqualTo("orders");
        assertThat(url.config().orElseThrow().capture().syncInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(url.sqliteProperties()).containsEntry("busy_timeout", "7").containsEntry("synchronous", "NORMAL");
    }

    @Test
    void prefixIsCaseInsensitive() throws SQLException {
        assertThat(LitestreamUrl.read(
                                "JDBC:Litestream:SQLite:" + database + "?replica=" + replica(),
                                properties,
                                new Environment(systemProperties::get, variables::get))
                        .database())
                .isEqualTo(database);
    }

    @Test
    void valuesOfOursArePercentDecoded() throws SQLException {
        assertThat(config("name=a%26b%20gr%C3%B6%C3%9Fe+%25").name()).isEqualTo("a&b größe+%");
    }

    @Test
    void propertyValuesAreNotPercentDecoded() throws SQLException {
        properties.setProperty("name", "100%25");
        assertThat(config().name()).isEqualTo("100%25");
    }

    @ParameterizedTest
    @ValueSource(strings = {"name=50%", "name=%4", "name=%zz"})
    void badPercentEncodingIsRefused(String parameter) {
        assertRefused(parameter).hasMessageContaining("'" + parameter + "'").hasMessageContaining("%25");
    }

    @Test
    void encodedStoreParametersStayPartOfTheReplica() throws SQLException {
        assertThat(read(
                                database.toString(),
                                "?replica=s3://bucket/app%3Fendpoint=http://localhost:9000%26region=eu&name=n")
                        .config()
                        .orElseThrow()
                        .replicaUrl())
                .isEqualTo("s3://bucket/app?endpoint=http://localhost:9000&region=eu");
    }

    @Test
    void sameParameterTwiceIsRefused() {
        assertRefused("name=a", "NAME=b").hasMessageContaining("'name'").hasMessageContaining("twice");
    }

    @ParameterizedTest
    @CsvSource({
        "sync-intervall=5s, sync-interval",
        "sync_interval=5s, sync-interval",
        "busy-timeout=5, busy_timeout",
        "replika=x, replica",
        "s3.secret-acces-key=hunter2, s3.secret-access-key",
    })
    void unknownParameterGetsTheNearestName(String parameter, String nearest) {
        String[] nameAndValue = parameter.split("=");
        assertRefused(parameter)
                .hasMessageContaining("unknown parameter '" + nameAndValue[0] + "' (URL)")
                .hasMessageContaining("did you mean '" + nearest + "'?")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void unknownConnectionPropertyIsRefusedLikewise() {
        properties.setProperty("restor", "if-missing");
        assertRefused()
                .hasMessageContaining("'restor' (connection property)")
                .hasMessageContaining("did you mean 'restore'?");
    }

    @Test
    void userIsIgnoredAsSqliteHasNone() throws SQLException {
        properties.setProperty("user", "sa");
        assertThat(replicated().sqliteProperties()).doesNotContainKey("user");
    }

    @Test
    void missingReplicaIsExplained() {
        refusal(() -> read(database.toString(), ""))
                .hasMessageContaining("'replica' is missing")
                .hasMessageContaining(database + "?replica=file:///")
                .hasMessageContaining("s3://")
                .hasMessageContaining("replica=none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"replica=", "replica", "replica=%20"})
    void emptyReplicaIsRefused(String parameter) {
        refusal(() -> read(database.toString(), "?" + parameter)).hasMessageContaining("'replica=' (URL) is empty");
    }

    @ParameterizedTest
    @EnumSource(
            value = DriverProperty.class,
            names = {"S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_SESSION_TOKEN", "S3_SSE_CUSTOMER_KEY"})
    void secretIsRefusedInTheUrlAndAcceptedFromAllOtherSources(DriverProperty secret) throws Exception {
        assertRefused(secret.parameter() + "=hunter2")
                .hasMessageContaining("'" + secret.parameter() + "'")
                .hasMessageContaining(secret.environmentVariable())
                .hasMessageNotContaining("hunter2");

        Path file = Files.writeString(directory.resolve("c.properties"), secret.parameter() + "=from-file");
        systemProperties.put("litestream.config", file.toString());
        assertThat(config().storeSettings()).containsEntry(secret.parameter(), "from-file");
        variables.put(secret.environmentVariable(), "from-environment");
        assertThat(config().storeSettings()).containsEntry(secret.parameter(), "from-environment");
        systemProperties.put(secret.systemProperty(), "from-system");
        assertThat(config().storeSettings()).containsEntry(secret.parameter(), "from-system");
        properties.setProperty(secret.parameter(), "from-property");
        assertThat(config().storeSettings()).containsEntry(secret.parameter(), "from-property");
    }

    @Test
    void secretsAreExactlyTheFourCredentials() {
        assertThat(DriverProperty.values())
                .filteredOn(DriverProperty::secret)
                .extracting(DriverProperty::parameter)
                .containsExactlyInAnyOrder(
                        "s3.access-key-id", "s3.secret-access-key", "s3.session-token", "s3.sse-customer-key");
    }

    @Test
    void litestreamsOwnCredentialVariablesAreRead() throws SQLException {
        variables.put("LITESTREAM_ACCESS_KEY_ID", "id");
        variables.put("LITESTREAM_SECRET_ACCESS_KEY", "hunter2");
        variables.put("LITESTREAM_S3_ENDPOINT", "http://localhost:9000");
        assertThat(config().storeSettings())
                .isEqualTo(Map.of(
                        "s3.access-key-id",
                        "id",
                        "s3.secret-access-key",
                        "hunter2",
                        "s3.endpoint",
                        "http://localhost:9000"));
    }

    @Test
    void awsKeysOfTheEnvironmentAreLeftToItsSdkAndWinOverLitestreams() throws SQLException {
        variables.put("AWS_ACCESS_KEY_ID", "aws");
        variables.put("AWS_SECRET_ACCESS_KEY", "hunter2");
        variables.put("AWS_SESSION_TOKEN", "token");
        variables.put("LITESTREAM_ACCESS_KEY_ID", "id");
        variables.put("LITESTREAM_SECRET_ACCESS_KEY", "hunter3");
        assertThat(config().storeSettings()).isEmpty();
    }

    @Test
    void sessionTokenOfTheEnvironmentGoesWithLitestreamsKeys() throws SQLException {
        variables.put("LITESTREAM_ACCESS_KEY_ID", "id");
        variables.put("LITESTREAM_SECRET_ACCESS_KEY", "hunter2");
        variables.put("AWS_SESSION_TOKEN", "token");
        assertThat(config().storeSettings()).containsEntry("s3.session-token", "token");
    }

    @Test
    void keysOfTwoSourcesAreNotMixed() throws SQLException {
        variables.put("LITESTREAM_ACCESS_KEY_ID", "id");
        variables.put("LITESTREAM_SECRET_ACCESS_KEY", "hunter2");
        variables.put("AWS_SESSION_TOKEN", "token");
        properties.setProperty("s3.access-key-id", "mine");
        properties.setProperty("s3.secret-access-key", "my secret");
        assertThat(config().storeSettings())
                .isEqualTo(Map.of("s3.access-key-id", "mine", "s3.secret-access-key", "my secret"));
    }

    @Test
    void endpointOfAwsEnvironmentIsRead() throws SQLException {
        variables.put("AWS_ENDPOINT_URL", "http://localhost:1");
        assertThat(config().storeSettings()).isEqualTo(Map.of("s3.endpoint", "http://localhost:1"));
        variables.put("AWS_ENDPOINT_URL_S3", "http://localhost:2");
        assertThat(config().storeSettings()).isEqualTo(Map.of("s3.endpoint", "http://localhost:2"));
        variables.put("LITESTREAM_S3_ENDPOINT", "http://localhost:3");
        assertThat(config().storeSettings()).isEqualTo(Map.of("s3.endpoint", "http://localhost:3"));
    }

    @Test
    void textFormShowsNoSecret() throws SQLException {
        properties.setProperty("s3.secret-access-key", "hunter2");
        properties.setProperty("password", "hunter3");
        assertThat(replicated().toString()).doesNotContain("hunter");
    }

    @Test
    void emptySecretIsRefusedByName() {
        properties.setProperty("s3.secret-access-key", "");
        assertRefused().hasMessageContaining("'s3.secret-access-key' (connection property) is empty");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://id:hunter2@bucket/path",
                "s3://id:hunter2/with/slash@bucket/path",
                "minio://id:hunter2/slash@host:9000/bucket/path",
                "s3://bucket/path%3Fsecret-access-key=hunter2",
                "s3://bucket/path%3Fregion=eu%26SecretAccessKey=hunter2",
                "s3://bucket/path%3Fs3.session_token=hunter2",
            })
    void secretInsideTheReplicaIsRefusedAndNotRepeated(String replica) {
        refusal(() -> read(database.toString(), "?replica=" + replica))
                .hasMessageContaining("'replica' holds a secret")
                .hasMessageNotContaining("hunter2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sync-interval=soon",
                "sync-interval=-1s",
                "linger=5",
                "durability-timeout=0",
                "min-checkpoint-page-count=0",
                "max-checkpoint-page-count=1.5",
                "s3.part-size=big",
                "s3.concurrency=-1",
                "restore=always",
                "durability=both",
                "close=now",
                "on-mismatch=overwrite",
                "ltx-page-encoding=zip",
                "log-progress=maybe",
            })
    void badValueIsNamedWithItsSource(String parameter) {
        assertRefused(parameter).hasMessageContaining("'" + parameter + "' (URL) must be ");
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-21T14:03:07.250Z, 2026-11-21T14:03:07.250Z",
        "2026-11-21T15:03:07.123456789+01:00, 2026-11-21T14:03:07.123456789Z",
        "2026-11-21T14:03:07%2B00:00, 2026-11-21T14:03:07Z",
    })
    void instantHasFractionsAndAZone(String text, Instant expected) throws SQLException {
        assertThat(config("restore=if-missing", "restore-timestamp=" + text)
                        .restore()
                        .options()
                        .target())
                .isEqualTo(new RestoreTarget.AtTime(expected));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-21T14:03:07", "2026-11-21", "yesterday", "1700000000"})
    void whatIsNoInstantIsRefused(String text) {
        assertRefused("restore=if-missing", "restore-timestamp=" + text)
                .hasMessageContaining("'restore-timestamp=" + text + "' (URL) must be an instant with its zone");
    }

    @Test
    void pointToRestoreNeedsARestoreAndIsOnlyOne() {
        assertRefused("restore-timestamp=2026-11-21T14:03:07Z").hasMessageContaining("needs restore=if-missing");
        assertRefused("restore-txid=000000000000002a").hasMessageContaining("needs restore=if-missing");
        assertRefused("restore=if-missing", "restore-txid=000000000000002a", "restore-timestamp=2026-11-21T14:03:07Z")
                .hasMessageContaining("'restore-timestamp=2026-11-21T14:03:07Z' (URL) cannot go with restore-txid");
    }

    @Test
    void validationThatReadsNothingIsRefused() {
        assertRefused("validation-bandwidth=0").hasMessageContaining("'validation-bandwidth=0' (URL) must be");
    }

    @Test
    void badChoiceListsTheGoodOnes() {
        variables.put("LITESTREAM_CLOSE", "now");
        assertRefused().hasMessageContaining("'close=now' (environment) must be one of async, flush");
    }

    @ParameterizedTest
    @CsvSource({
        "mirror=file:///x",
        "mode=follow",
    })
    void whatIsNotSupportedYetIsRefusedByName(String parameter) {
        assertRefused(parameter).hasMessageContaining("'" + parameter + "' (URL) is not supported yet; leave it out");
    }

    @ParameterizedTest
    @CsvSource({":9090", "0", "65536", "localhost", "localhost:", "a b:1", "http://localhost:1"})
    void metricsAddressIsAPortOrHostAndPort(String address) {
        assertRefused("metrics-address=" + address.replace(" ", "%20"))
                .hasMessageContaining("must be off, a port or host:port");
    }

    @Test
    void metricsAreServedOnTheLoopbackInterfaceUnlessAHostIsGiven() throws SQLException {
        assertThat(replicated("metrics-address=9090")
                        .metrics()
                        .orElseThrow()
                        .getAddress()
                        .isLoopbackAddress())
                .isTrue();
        assertThat(replicated("metrics-address=0.0.0.0:9090")
                        .metrics()
                        .orElseThrow()
                        .getAddress()
                        .isAnyLocalAddress())
                .isTrue();
        assertThat(replicated().metrics()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("propertiesWithDefault")
    void defaultMayBeWrittenOut(DriverProperty property) throws SQLException {
        ReplicationConfig without = config();
        ReplicationConfig with = config(property.parameter() + "=" + property.defaultValue());
        assertThat(with)
                .usingRecursiveComparison()
                .ignoringFields("storeSettings")
                .isEqualTo(without);
    }

    static Stream<DriverProperty> propertiesWithDefault() {
        return Stream.of(DriverProperty.values()).filter(property -> property.defaultValue() != null);
    }

    @Test
    void defaultOfAnUnsupportedParameterMayBeWrittenOtherwise() throws SQLException {
        assertThat(replicated("lease-ttl=15000ms", "local-budget=8192MiB", "MODE=Replicate"))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "levels=30s,",
                "levels=5m,30s",
                "levels=30s,0",
                "levels=1s,1s,1s,1s,1s,1s,1s,1s,1s",
                "levels=often"
            })
    void badLevelsAreRefused(String parameter) {
        assertRefused(parameter)
                .hasMessageContaining("'" + parameter + "' (URL) must be off, or 1 to 8 durations such as 30s,5m,1h");
    }

    @Test
    void retentionThatNeverLooksIsRefused() {
        assertRefused("retention-check-interval=0").hasMessageContaining("retention=off deletes nothing");
    }

    @Test
    void historySettingsCanBeSwitchedOff() throws SQLException {
        assertThat(config("levels=off", "snapshot-interval=off", "retention=off", "l0-retention=off")
                        .maintenance())
                .isEqualTo(new ReplicationConfig.Maintenance(
                        List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofHours(1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2a", "000000000000002g", "0000000000000000", "0x00000000000002a"})
    void badTxidIsRefused(String txid) {
        assertRefused("restore=if-missing", "restore-txid=" + txid)
                .hasMessageContaining("'restore-txid=" + txid + "' (URL) must be 16 hex digits");
    }

    @Test
    void sqliteJdbcsParametersGoToItVerbatim() throws SQLException {
        LitestreamUrl url = replicated("busy_timeout=7", "date_string_format=yyyy%20MM");
        assertThat(url.sqliteProperties())
                .isEqualTo(Map.of("busy_timeout", "7", "date_string_format", "yyyy%20MM", "wal_autocheckpoint", "0"));
    }

    @Test
    void everyNameOfSqliteJdbcIsKnown() {
        assertThat(SqliteNames.properties())
                .hasSizeGreaterThan(40)
                .contains("busy_timeout", "journal_mode", "synchronous", "transaction_mode", "open_mode");
        assertThat(SqliteNames.properties()).doesNotContainAnyElementsOf(Settings.names());
    }

    @Test
    void metadataUrlSaysNothingOfTheReplica() throws SQLException {
        assertThat(replicated("busy_timeout=7").sqliteUrl()).isEqualTo("jdbc:sqlite:" + database);
    }

    @Test
    void journalModeWalIsAcceptedAndLeftToTheConnection() throws SQLException {
        assertThat(replicated("journal_mode=wal").sqliteProperties()).doesNotContainKey("journal_mode");
    }

    @Test
    void automaticCheckpointsAreTurnedOffWhateverIsAsked() throws SQLException {
        assertThat(replicated("wal_autocheckpoint=1000").sqliteProperties()).containsEntry("wal_autocheckpoint", "0");
    }

    @ParameterizedTest
    @CsvSource({
        "journal_mode=DELETE, replication reads the WAL",
        "journal_mode=memory, replication reads the WAL",
        "locking_mode=EXCLUSIVE, its own connections",
        "locking_mode=exclusive, its own connections",
        "shared_cache=true, share a cache",
        "open_mode=128, memory",
        "open_mode=131078, shared-cache",
        "open_mode=14, delete-on-close",
        "open_mode=rw, must be a number",
    })
    void sqliteSettingAgainstReplicationIsRefusedWithItsReason(String parameter, String reason) {
        assertRefused(parameter).hasMessageContaining("'" + parameter + "'").hasMessageContaining(reason);
        String[] nameAndValue = parameter.split("=");
        properties.setProperty(nameAndValue[0], nameAndValue[1]);
        assertRefused().hasMessageContaining("'" + parameter + "'").hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource({
        "immutable=1, ignores the WAL",
        "immutable=ON, ignores the WAL",
        "mode=memory, in memory",
        "cache=shared, share a cache",
        "nolock=1, without locks",
        "vfs=unix-none, locks",
    })
    void uriParameterAgainstReplicationIsRefusedWithItsReason(String parameter, String reason) {
        refusal(() -> read("file:" + database, "?replica=" + replica() + "&" + parameter))
                .hasMessageContaining("'" + parameter + "'")
                .hasMessageContaining(reason);
    }

    @Test
    void uriKeepsWhatSqliteReadsFromIt() throws SQLException {
        LitestreamUrl url = read("file:" + database, "?cache=private&replica=" + replica() + "&immutable=0&psow=1");
        assertThat(url.sqliteFile()).isEqualTo("file:" + database + "?cache=private&immutable=0&psow=1");
        assertThat(url.database()).isEqualTo(database);
    }

    @Test
    void openingModeOfAUriIsSqlites() throws SQLException {
        LitestreamUrl url = read("file:" + database, "?mode=ro&replica=" + replica());
        assertThat(url.sqliteFile()).isEqualTo("file:" + database + "?mode=ro");
    }

    @Test
    void uriParametersNeedAUri() {
        assertRefused("immutable=1").hasMessageContaining("unknown parameter 'immutable'");
        assertRefused("cache=shared").hasMessageContaining("unknown parameter 'cache'");
        assertRefused("mode=memory").hasMessageContaining("'mode=memory'");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "'', no file name",
                "' ', no file name",
                ":memory:, in memory",
                "file::memory:, in memory",
                ":resource:app.db, resource",
                "file:, no path",
                "file://host/app.db, names the host 'host'",
            })
    void databaseThatIsNoFileIsRefused(String file, String reason) {
        refusal(() -> read(file, "?replica=" + replica())).hasMessageContaining(reason);
    }

    @Test
    void directoryIsNoDatabase() {
        refusal(() -> read(directory.toString(), "?replica=file:///r"))
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("is a directory");
    }

    @Test
    void databaseWithSeveralHardLinksIsRefused() throws Exception {
        assumeThat(FileSystems.getDefault().supportedFileAttributeViews()).contains("unix");
        Files.createFile(database);
        Files.createLink(directory.resolve("other.db"), database);
        assertRefused().hasMessageContaining(database.toString()).hasMessageContaining("2 hard links");
    }

    @Test
    void fileUrisNameTheSameDatabaseAsPaths() throws SQLException {
        String encoded = directory.resolve("with space.db").toUri().toString();
        assertThat(encoded).contains("%20");
        assertThat(read(encoded, "?replica=" + replica()).database()).isEqualTo(directory.resolve("with space.db"));
        assertThat(read("file:" + database, "?replica=" + replica()).database()).isEqualTo(database);
        assertThat(read("file://localhost" + database, "?replica=" + replica()).database())
                .isEqualTo(database);
    }

    @Test
    void plainPathIsNotPercentDecoded() throws SQLException {
        assertThat(read(directory.resolve("50%25 off.db").toString(), "?replica=" + replica())
                        .database())
                .isEqualTo(directory.resolve("50%25 off.db"));
    }

    @Test
    void relativePathIsSeenFromTheWorkingDirectory() throws Exception {
        assertThat(read("some/app.db", "?replica=" + replica()).database())
                .isEqualTo(Path.of("").toRealPath().resolve("some/app.db"));
        assertThat(read("file:app.db", "?replica=" + replica()).database())
                .isEqualTo(Path.of("").toRealPath().resolve("app.db"));
    }

    @Test
    void symbolicLinksLeadToOneDatabase() throws Exception {
        Path link = Files.createSymbolicLink(
                directory.resolve("link.db"), Files.createFile(database).getFileName());
        assertThat(read(link.toString(), "?replica=" + replica()).database()).isEqualTo(database);
    }

    @Test
    void windowsPathsAreTakenAsTheyAre() {
        UrlParts parts = UrlParts.of("jdbc:litestream:sqlite:C:\\data\\my app.db?replica=file:///D:/backup&name=x");
        assertThat(parts.file()).isEqualTo("C:\\data\\my app.db");
        assertThat(parts.parameters())
                .containsExactly(
                        new UrlParts.Parameter("replica", "file:///D:/backup"), new UrlParts.Parameter("name", "x"));
    }

    @Test
    void urlIsSplitAtTheFirstQuestionMark() {
        UrlParts parts = UrlParts.of("jdbc:litestream:sqlite:a.db?replica=file:/r?x&&name");
        assertThat(parts.file()).isEqualTo("a.db");
        assertThat(parts.parameters())
                .containsExactly(new UrlParts.Parameter("replica", "file:/r?x"), new UrlParts.Parameter("name", null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/backup/app", "backup", "C:\\backup", "C:/backup"})
    void replicaMustBeAUrl(String replica) {
        refusal(() -> read(database.toString(), "?replica=" + replica))
                .hasMessageContaining("'replica=" + replica + "' (URL) is not a URL")
                .hasMessageContaining("file:///");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3:", "s3://", "s3://bucket", "s3://bucket/", "s3://bucket%3Fregion=eu"})
    void bucketWithoutAPathIsRefused(String replica) {
        refusal(() -> read(database.toString(), "?replica=" + replica))
                .hasMessageContaining("'replica=s3:")
                .hasMessageContaining("s3://bucket/path");
    }

    @Test
    void databasesOwnDirectoryIsNoReplica() {
        refusal(() -> read(database.toString(), "?replica=" + directory.toUri()))
                .hasMessageContaining("directory of the database itself");
        refusal(() -> read(database.toString(), "?replica=file:" + directory + "/x/.."))
                .hasMessageContaining("directory of the database itself");
    }

    @Test
    void replicaInsideTheMetaPathIsRefused() {
        Path meta = directory.resolve(".app.db-litestream");
        refusal(() -> read(database.toString(), "?replica=" + meta.toUri()))
                .hasMessageContaining("inside the meta path " + meta);
        refusal(() -> read(
                        database.toString(),
                        "?replica=" + meta.resolve("deep/er").toUri()))
                .hasMessageContaining("inside the meta path");
        refusal(() -> read(
                        database.toString(), "?replica=file:" + directory + "/m/r&meta-path=" + directory.resolve("m")))
                .hasMessageContaining("inside the meta path");
    }

    @Test
    void replicaNamedThroughALinkIsStillTheDatabasesDirectory() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        refusal(() -> read(database.toString(), "?replica=file:" + link))
                .hasMessageContaining("directory of the database itself");
    }

    @Test
    void metaPathMustNotBeAFileOrHoldTheDatabase() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        assertRefused("meta-path=" + directory).hasMessageContaining("holds the database; name a folder of its own");
        assertRefused("meta-path=" + file).hasMessageContaining("'meta-path=" + file + "' (URL) is a file");
    }

    @Test
    void noneIsAPlainConnection() throws SQLException {
        LitestreamUrl url = read(":memory:", "?replica=none&journal_mode=DELETE&busy_timeout=7");
        assertThat(url.config()).isEqualTo(Optional.empty());
        assertThat(url.sqliteFile()).isEqualTo(":memory:");
        assertThat(url.sqliteProperties()).isEqualTo(Map.of("journal_mode", "DELETE", "busy_timeout", "7"));
    }

    @Test
    void noneFromAStrongerSourceTurnsReplicationOff() throws SQLException {
        properties.setProperty("replica", "NONE");
        assertThat(replicated().config()).isEmpty();
    }

    @Test
    void readingAUrlCreatesNothing() throws Exception {
        replicated();
        assertThat(directory).isEmptyDirectory();
    }
}
