package io.github.litestreamjdbc.capture;

import io.github.litestreamjdbc.agent.TimeSource;
import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.api.ReplicationState;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.testing.FaultyFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A capture agent over a real database, stepped by the test and by nobody else. */
final class CaptureRig implements AutoCloseable {
    final Path file;
    final Path meta;
    final Database database;
    final LocalLtx local;
    final Progress progress = new Progress();
    final WriteGate gate = new WriteGate();
    final StartCheck.Start start;
    final CaptureAgent agent;

    private CaptureRig(Path file, ReplicationConfig.Capture settings) throws SQLException, IOException {
        this(file, settings, UnaryOperator.identity());
    }

    private CaptureRig(Path file, ReplicationConfig.Capture settings, UnaryOperator<Path> metaFiles)
            throws SQLException, IOException {
        this.file = file;
        this.meta = metaOf(file);
        Files.createDirectories(meta);
        local = new LocalLtx(
                new DirectoryStore(metaFiles.apply(meta), FileModes.PRIVATE, true), settings.pageEncoding());
        database = Database.open(file);
        start = new StartCheck(database, local, meta).check();
        agent = new CaptureAgent(database, local, config(meta, settings), gate, progress, TimeSource.SYSTEM);
    }

    /** Cuts at every step, and seals when told by {@code maxFrames}. */
    static CaptureRig open(Path file, int minFrames, int maxFrames) throws SQLException, IOException {
        return new CaptureRig(
                file,
                new ReplicationConfig.Capture(
                        Duration.ZERO, Duration.ZERO, minFrames, maxFrames, Duration.ZERO, PageEncoding.BLOCK));
    }

    /** Cuts at every step and never seals, within limits. */
    static CaptureRig open(Path file, ReplicationConfig.Limits limits) throws SQLException, IOException {
        return new CaptureRig(
                file,
                new ReplicationConfig.Capture(
                        Duration.ZERO, Duration.ZERO, 10_000, 10_000, Duration.ZERO, PageEncoding.BLOCK, limits));
    }

    /** Cuts at every step and never seals; its level-0 files are written through faulty files. */
    static CaptureRig open(Path file, FaultyFiles files) throws SQLException, IOException {
        return new CaptureRig(
                file,
                new ReplicationConfig.Capture(
                        Duration.ZERO, Duration.ZERO, 10_000, 10_000, Duration.ZERO, PageEncoding.BLOCK),
                files::path);
    }

    /** Looks at the WAL every so often without a hint, and never seals. */
    static CaptureRig open(Path file, Duration monitorInterval) throws SQLException, IOException {
        return new CaptureRig(
                file,
                new ReplicationConfig.Capture(
                        Duration.ZERO, monitorInterval, 10_000, 10_000, Duration.ZERO, PageEncoding.BLOCK));
    }

    /** Cuts when asked and never seals; its level-0 files are written through faulty files. */
    static CaptureRig openPaced(Path file, FaultyFiles files) throws SQLException, IOException {
        return new CaptureRig(
                file,
                new ReplicationConfig.Capture(
                        Duration.ofHours(1),
                        Duration.ofMillis(1),
                        1_000_000,
                        1_000_000,
                        Duration.ZERO,
                        PageEncoding.BLOCK),
                files::path);
    }

    /** Never seals. */
    static CaptureRig open(Path file) throws SQLException, IOException {
        return open(file, 1_000_000, 1_000_000);
    }

    static Path metaOf(Path file) {
        return file.resolveSibling("." + file.getFileName() + "-litestream");
    }

    private static ReplicationConfig config(Path meta, ReplicationConfig.Capture settings) {
        return new ReplicationConfig(
                "file:///unused",
                Map.of(),
                "rig",
                meta,
                ReplicationConfig.OnMismatch.REFUSE,
                ReplicationConfig.Fencing.AUTO,
                ReplicationConfig.Restore.DEFAULTS,
                settings,
                ReplicationConfig.Maintenance.DEFAULTS,
                ReplicationConfig.Durability.DEFAULTS,
                ReplicationConfig.Lifecycle.DEFAULTS);
    }

    /** Begins with what the start check found, and captures what there is. */
    CaptureRig begin() {
        agent.begin(start);
        return run();
    }

    /** Steps until two steps in a row change nothing. */
    CaptureRig run() {
        int quiet = 0;
        for (int i = 0; i < 1000 && quiet < 2; i++) {
            long before = progress.captured();
            ReplicationState state = agent.reading().state();
            agent.step(System.nanoTime());
            boolean same =
                    before == progress.captured() && state == agent.reading().state();
            quiet = same ? quiet + 1 : 0;
        }
        return this;
    }

    void step() {
        agent.step(System.nanoTime());
    }

    ReplicationState state() {
        return agent.reading().state();
    }

    /** As {@link #run}, also where a failure would be followed by a pause: a sync that somebody asks for ends it. */
    CaptureRig runNow() {
        progress.requestSync();
        return run();
    }

    List<Long> txids() throws IOException {
        return local.list().stream().map(ltx -> ltx.txids().max()).toList();
    }

    /** How many level-0 files hold every page: full images. */
    long fullImages() throws IOException {
        long count = 0;
        for (LtxFile ltx : local.list()) {
            Content content = content(local.path(ltx.txids()));
            if (content.pages.size() == content.commitPages && content.walOffset == 32) {
                count++;
            }
        }
        return count;
    }

    record Content(
            long commitPages, long walOffset, long walSizeBytes, int salt1, int salt2, Map<Long, byte[]> pages) {}

    /** Everything in an LTX file. */
    static Content content(Path ltx) throws IOException {
        try (InputStream in = Files.newInputStream(ltx);
                LtxReader reader = new LtxReader(ltx.getFileName().toString(), in)) {
            Map<Long, byte[]> pages = new TreeMap<>();
            while (reader.next()) {
                pages.put(reader.pgno(), reader.page().clone());
            }
            return new Content(
                    reader.header().commitPages(),
                    reader.header().walOffset(),
                    reader.header().walSizeBytes(),
                    reader.header().walSalt1(),
                    reader.header().walSalt2(),
                    pages);
        }
    }

    /** The database that the level-0 files make up together. */
    byte[] replayed() throws IOException {
        Map<Long, byte[]> image = new TreeMap<>();
        long size = 0;
        int pageSize = 0;
        for (LtxFile ltx : local.list()) {
            Content content = content(local.path(ltx.txids()));
            image.putAll(content.pages);
            size = content.commitPages;
            long commit = size;
            image.keySet().removeIf(page -> page > commit);
            pageSize = content.pages.values().iterator().next().length;
        }
        byte[] bytes = new byte[Math.toIntExact(size * pageSize)];
        for (Map.Entry<Long, byte[]> page : image.entrySet()) {
            System.arraycopy(page.getValue(), 0, bytes, (int) ((page.getKey() - 1) * pageSize), pageSize);
        }
        return bytes;
    }

    /** The database as SQLite sees it, page for page. */
    byte[] live() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            return connection.unwrap(org.sqlite.SQLiteConnection.class).serialize("main");
        }
    }

    boolean replayEqualsLive() throws IOException, SQLException {
        return Arrays.equals(replayed(), live());
    }

    /** A connection as the application has it. */
    static Connection application(Path file) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        run(connection, "PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0");
        return connection;
    }

    static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static List<Long> numbers(Connection connection, String sql) throws SQLException {
        List<Long> numbers = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    numbers.add(row.getLong(i));
                }
            }
        }
        return numbers;
    }

    /** Ends without the orderly close: as if the JVM had died, but for the files being closed. */
    @Override
    public void close() throws SQLException, IOException {
        agent.abandon();
        database.close();
    }
}
