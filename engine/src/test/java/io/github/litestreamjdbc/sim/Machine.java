package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.sim.Tally.Event;
import io.github.litestreamjdbc.wal.WalChecksum;
import io.github.litestreamjdbc.wal.WalHeader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.Random;
import java.util.stream.Stream;
import org.sqlite.SQLiteConnection;

/** A directory with a database, the process that replicates it, its application, and others who use the file. */
final class Machine implements AutoCloseable {
    static final String DATABASE = "app.db";
    static final String META = ".app.db-litestream";

    final Path directory;
    final Path file;
    private final Settings settings;
    private final VirtualTime time;
    private final FaultyObjectStore line;
    private final SimulatedDisk disk;
    private final Lineage lineage;
    private final Tally tally;

    /** Reads the database file for copies; closed after SQLite's handles, for a close drops its locks. */
    private RandomAccessFile raw;

    private Connection application;
    private Connection outside;
    private Connection reader;
    private boolean outsideHoldsLock;
    private Process process;

    /** Frames of the WAL that are sure to survive a power cut, and the generation that they are of. */
    private long syncedFrames;

    private long syncedGeneration;

    /** What of a seed concerns machines. */
    record Settings(
            int pageSize,
            int autoVacuum,
            String synchronous,
            ReplicationConfig.Capture capture,
            ReplicationConfig.Maintenance maintenance) {}

    /** What outlives the processes of a machine: what they had made durable. */
    record Survivors(Path directory, SimulatedDisk.Durable files, long syncedFrames, long syncedGeneration) {}

    Machine(
            Path directory,
            Settings settings,
            VirtualTime time,
            FaultyObjectStore line,
            Lineage lineage,
            long seed,
            Tally tally) {
        this.directory = directory;
        this.file = directory.resolve(DATABASE);
        this.settings = settings;
        this.time = time;
        this.line = line;
        this.lineage = lineage;
        this.tally = tally;
        this.disk = new SimulatedDisk(directory.resolve(META), seed, tally, this::walSynced);
    }

    Path meta() {
        return directory.resolve(META);
    }

    Lineage lineage() {
        return lineage;
    }

    SimulatedDisk disk() {
        return disk;
    }

    FaultyObjectStore line() {
        return line;
    }

    Process process() {
        return process;
    }

    ReplicationConfig config() {
        return new ReplicationConfig(
                "simulated:",
                java.util.Map.of(),
                "sim",
                meta(),
                ReplicationConfig.OnMismatch.REFUSE,
                ReplicationConfig.Fencing.AUTO,
                ReplicationConfig.Restore.DEFAULTS,
                settings.capture(),
                settings.maintenance(),
                ReplicationConfig.Durability.DEFAULTS,
                ReplicationConfig.Lifecycle.DEFAULTS);
    }

    /** The application opens the database, which is created if it is missing. */
    void open() throws SQLException, IOException {
        Files.createDirectories(meta());
        boolean fresh = !Files.exists(file);
        application = connect(settings.synchronous());
        if (fresh) {
            run(
                    application,
                    "PRAGMA page_size=" + settings.pageSize(),
                    "PRAGMA auto_vacuum=" + settings.autoVacuum(),
                    "PRAGMA journal_mode=WAL");
        } else {
            run(application, "PRAGMA journal_mode=WAL");
        }
        run(application, "PRAGMA wal_autocheckpoint=0", "PRAGMA cache_size=5");
        raw = new RandomAccessFile(file.toFile(), "r");
        if (fresh) {
            lineage.committed(image());
            createTable();
        }
    }

    /** Which a power cut may have taken. */
    void createTable() throws SQLException {
        run(application, "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, v BLOB)");
        lineage.committed(image());
    }

    /** The machine goes on from what a dead process left on its disk. */
    void inherit(Survivors survivors) {
        disk.inherit(survivors.files());
        syncedFrames = survivors.syncedFrames();
        syncedGeneration = survivors.syncedGeneration();
    }

    /** What is there is on the disk. */
    void settle() throws SQLException, IOException {
        disk.settle();
        walSynced();
    }

    /** The application's engine begins replication. */
    void attach() throws SQLException, IOException {
        process = new Process(file, disk, line, config(), lineage, time, tally);
    }

    private Connection connect(String synchronous) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("busy_timeout", "0");
        properties.setProperty("synchronous", synchronous);
        return DriverManager.getConnection("jdbc:sqlite:" + file, properties);
    }

    static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    byte[] image() throws SQLException {
        return application.unwrap(SQLiteConnection.class).serialize("main");
    }

    boolean applicationMayWrite() {
        return !outsideHoldsLock;
    }

    /** A commit of the application, which nothing may make fail. */
    void commit(Random random) throws SQLException {
        write(application, random);
        tally.count(Event.COMMIT);
        lineage.committed(image());
        if (random.nextInt(4) != 0) {
            process.hint();
        }
    }

    private void write(Connection connection, Random random) throws SQLException {
        int rows = random.nextInt(1, 4);
        int bytes = random.nextInt(1, 3 * settings.pageSize());
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> insert(connection, rows, bytes);
            case 4 -> run(connection, "UPDATE t SET v=zeroblob(" + bytes + ") WHERE id % 3 = " + random.nextInt(3));
            case 5 -> run(connection, "DELETE FROM t WHERE id % 2 = " + random.nextInt(2));
            case 6 -> {
                run(connection, "BEGIN");
                insert(connection, 30, settings.pageSize());
                run(connection, random.nextBoolean() ? "ROLLBACK" : "COMMIT");
            }
            case 7 -> {
                run(connection, "BEGIN");
                insert(connection, 20, settings.pageSize());
                run(connection, "DELETE FROM t WHERE id > " + random.nextInt(20), "COMMIT");
            }
            case 8 -> run(connection, "VACUUM");
            default ->
                run(
                        connection,
                        "BEGIN",
                        "CREATE TABLE IF NOT EXISTS u(a, b)",
                        "INSERT INTO u VALUES(" + random.nextInt() + ", 'x')",
                        random.nextBoolean() ? "DROP TABLE u" : "PRAGMA user_version=" + random.nextInt(100),
                        "COMMIT");
        }
    }

    private static void insert(Connection connection, int rows, int bytes) throws SQLException {
        run(
                connection,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                        + ") INSERT INTO t(v) SELECT randomblob(" + bytes + ") FROM n");
    }

    /** Something that another process does with the file. It may be told to wait; it may not make us lose anything. */
    void outside(Random random) throws SQLException {
        if (outside == null) {
            outside = connect("NORMAL");
            run(outside, "PRAGMA wal_autocheckpoint=" + random.nextInt(4), "PRAGMA cache_size=5");
        }
        try {
            switch (random.nextInt(9)) {
                case 0, 1 -> {
                    if (!outsideHoldsLock) {
                        write(outside, random);
                        tally.count(Event.OUTSIDE_WRITE);
                    }
                }
                case 2, 3 -> {
                    if (outsideHoldsLock) {
                        run(outside, random.nextBoolean() ? "COMMIT" : "ROLLBACK");
                        outsideHoldsLock = false;
                    } else {
                        run(outside, "BEGIN IMMEDIATE");
                        outsideHoldsLock = true;
                        tally.count(Event.OUTSIDE_TRANSACTION);
                        insert(outside, random.nextInt(30), settings.pageSize());
                    }
                }
                case 4 -> {
                    if (reader == null) {
                        reader = connect("NORMAL");
                        tally.count(Event.OUTSIDE_READER);
                        run(reader, "PRAGMA wal_autocheckpoint=0", "BEGIN", "SELECT count(*) FROM t");
                    } else {
                        reader.close();
                        reader = null;
                    }
                }
                case 5 -> closeOutside();
                default -> {
                    if (!outsideHoldsLock) {
                        String kind = new String[] {"PASSIVE", "FULL", "RESTART", "TRUNCATE"}[random.nextInt(4)];
                        run(outside, "PRAGMA wal_checkpoint(" + kind + ")");
                        tally.count(Event.OUTSIDE_CHECKPOINT);
                    }
                }
            }
        } catch (SQLException busy) {
            if (busy.getErrorCode() != 5 && busy.getErrorCode() != 6) {
                throw busy;
            }
            tally.count(Event.OUTSIDE_REFUSED);
            if (outside != null && !outsideHoldsLock && !outside.getAutoCommit()) {
                run(outside, "ROLLBACK");
            }
            rollbackQuietly(outside);
        }
        lineage.committed(image());
    }

    private void rollbackQuietly(Connection connection) {
        if (connection == null || outsideHoldsLock) {
            return;
        }
        try {
            run(connection, "ROLLBACK");
        } catch (SQLException noTransaction) {
            assertThat(noTransaction.getMessage()).contains("no transaction");
        }
    }

    private void closeOutside() throws SQLException {
        if (outside != null) {
            outside.close();
            outside = null;
            outsideHoldsLock = false;
        }
    }

    /** Everybody but the application goes away. */
    void calm() throws SQLException {
        closeOutside();
        if (reader != null) {
            reader.close();
            reader = null;
        }
        lineage.committed(image());
    }

    /** Copies what is left when every process of the machine dies at this moment. */
    Survivors copyAfterKill(Path target) throws IOException {
        Files.createDirectories(target);
        copyDatabase(target);
        Path wal = wal();
        if (Files.exists(wal)) {
            Files.copy(wal, target.resolve(DATABASE + "-wal"));
        }
        disk.copyAfterKill(target.resolve(META));
        return new Survivors(target, disk.durable(), syncedFrames, syncedGeneration);
    }

    /** Copies what a power cut leaves: of the WAL what was synced, and perhaps more. */
    void copyAfterPowerCut(Path target, Random random) throws IOException, SQLException {
        Files.createDirectories(target);
        long[] status = noop();
        copyDatabase(target);
        byte[] wal = Files.exists(wal()) ? Files.readAllBytes(wal()) : new byte[0];
        boolean all = settings.synchronous().equals("FULL") && outside == null;
        if (wal.length >= 32 && status[0] > 0) {
            long least = Math.max(status[1], generation() == syncedGeneration ? syncedFrames : 0);
            long kept = all ? status[0] : random.nextLong(least, status[0] + 1);
            int length = Math.toIntExact(Math.min(wal.length, 32 + kept * (24L + settings.pageSize())));
            byte[] survivor = java.util.Arrays.copyOf(wal, length);
            Files.write(
                    target.resolve(DATABASE + "-wal"),
                    random.nextBoolean() ? survivor : java.util.Arrays.copyOf(survivor, wal.length));
        } else if (wal.length > 0) {
            Files.write(target.resolve(DATABASE + "-wal"), wal);
        }
        disk.copyAfterPowerCut(target.resolve(META));
    }

    private Path wal() {
        return file.resolveSibling(DATABASE + "-wal");
    }

    private void copyDatabase(Path target) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(raw.length())];
        raw.seek(0);
        raw.readFully(bytes);
        Files.write(target.resolve(DATABASE), bytes);
        Files.setLastModifiedTime(target.resolve(DATABASE), Files.getLastModifiedTime(file));
    }

    /** Published end of the WAL, and how much of it is copied back. */
    private long[] noop() throws SQLException {
        try (Statement statement = application.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(NOOP)")) {
            row.next();
            return new long[] {row.getLong(2), row.getLong(3)};
        }
    }

    private long generation() throws IOException {
        try (RandomAccessFile wal = new RandomAccessFile(wal().toFile(), "r")) {
            wal.seek(16);
            return wal.readLong();
        }
    }

    /** The product syncs the WAL: everything in it is durable. */
    private void walSynced() throws IOException {
        try {
            if (Files.exists(wal()) && Files.size(wal()) >= WalHeader.SIZE_BYTES) {
                syncedFrames = noop()[0];
                syncedGeneration = generation();
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** A writer dies between writing a commit and publishing it: a valid frame behind the end that SQLite knows. */
    void phantom() throws SQLException, IOException {
        long frames = noop()[0];
        if (outsideHoldsLock || frames == 0) {
            return;
        }
        byte[] image = image();
        image[63]++;
        try (RandomAccessFile file = new RandomAccessFile(wal().toFile(), "rw")) {
            byte[] start = new byte[WalHeader.SIZE_BYTES];
            file.readFully(start);
            WalHeader header = WalHeader.decode(start).orElseThrow();
            file.seek(header.frameOffset(frames) + 16);
            WalChecksum last = new WalChecksum(file.readInt(), file.readInt());
            byte[] frame = new byte[header.frameBytes()];
            ByteBuffer fields = ByteBuffer.wrap(frame)
                    .putInt(1)
                    .putInt(image.length / settings.pageSize())
                    .put(start, 16, 8);
            System.arraycopy(image, 0, frame, WalHeader.FRAME_HEADER_BYTES, settings.pageSize());
            WalChecksum sum = last.update(header.bigEndian(), frame, 0, 8)
                    .update(header.bigEndian(), frame, WalHeader.FRAME_HEADER_BYTES, settings.pageSize());
            fields.putInt(sum.s0()).putInt(sum.s1());
            file.seek(header.frameOffset(frames + 1));
            file.write(frame);
        }
        lineage.unpublished(image);
        tally.count(Event.PHANTOM_COMMIT);
    }

    /** The replicating process ends, orderly for the files; its machine goes on. */
    void detach() throws SQLException, IOException {
        if (process != null) {
            process.close();
            process = null;
        }
    }

    /** Another process begins on the same files. */
    void reattach() throws SQLException, IOException {
        line.revive();
        attach();
    }

    void delete() throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** Everything is closed and deleted. Deleted first, so that nobody's orderly end costs time. */
    @Override
    public void close() throws SQLException, IOException {
        line.kill();
        delete();
        detach();
        for (Connection each : new Connection[] {outside, reader, application}) {
            if (each != null) {
                each.close();
            }
        }
        raw.close();
        delete();
    }
}
