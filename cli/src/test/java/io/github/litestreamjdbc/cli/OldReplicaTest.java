package io.github.litestreamjdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A replica as Litestream 0.3 left it: one generation, a snapshot, and a WAL in two pieces. */
class OldReplicaTest {
    private static final String GENERATION = "0123456789abcdef";
    private static final Instant FIRST = Instant.parse("2026-11-21T14:00:00Z");

    @TempDir
    private Path directory;

    private String replica;
    private Path secondPiece;

    private record Outcome(int exitCode, String text) {}

    private static Outcome run(String... arguments) {
        StringWriter text = new StringWriter();
        CommandLine commands = Main.commandLine();
        commands.setOut(new PrintWriter(text));
        commands.setErr(new PrintWriter(text));
        return new Outcome(commands.execute(arguments), text.toString());
    }

    @BeforeEach
    void prepare() throws Exception {
        Path root = directory.resolve("backup");
        replica = root.toUri().toString();
        Path source = directory.resolve("source.db");
        Path generation = root.resolve("generations").resolve(GENERATION);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + source);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            write(generation.resolve("snapshots/00000000.snapshot.lz4"), Files.readAllBytes(source), FIRST);
            Path wal = directory.resolve("source.db-wal");
            statement.execute("INSERT INTO orders (item) VALUES ('tea')");
            int first = (int) Files.size(wal);
            statement.execute("INSERT INTO orders (item) VALUES ('milk')");
            byte[] bytes = Files.readAllBytes(wal);
            write(
                    generation.resolve("wal/00000000_00000000.wal.lz4"),
                    Arrays.copyOf(bytes, first),
                    FIRST.plusSeconds(60));
            secondPiece = generation.resolve(String.format("wal/00000000_%08x.wal.lz4", first));
            write(secondPiece, Arrays.copyOfRange(bytes, first, bytes.length), FIRST.plusSeconds(120));
        }
    }

    private static void write(Path file, byte[] content, Instant created) throws IOException {
        Files.createDirectories(file.getParent());
        try (OutputStream out = new LZ4FrameOutputStream(
                Files.newOutputStream(file),
                LZ4FrameOutputStream.BLOCKSIZE.SIZE_64KB,
                LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE,
                LZ4FrameOutputStream.FLG.Bits.CONTENT_CHECKSUM)) {
            out.write(content);
        }
        Files.setLastModifiedTime(file, FileTime.from(created));
    }

    @Test
    void historySaysWhichInstantsCanBeRestored() {
        Outcome text = run("history", replica);
        assertThat(text.exitCode()).as(text.text()).isZero();
        assertThat(text.text())
                .isEqualTo("Litestream 0.3, generation " + GENERATION + ": any instant from 2026-11-21T14:00:00Z to"
                        + " 2026-11-21T14:02:00Z (--format v0.3)\n");
        assertThat(run("history", "--json", replica).text())
                .contains("\"generation\" : \"" + GENERATION + "\"")
                .contains("\"files\" : 3");
    }

    @Test
    void verifyPutsTheStateTogetherAndDrillOpensIt() {
        assertThat(run("verify", replica).text())
                .contains("generation " + GENERATION + ": whole up to 2026-11-21T14:02:00Z")
                .contains("3 files with");
        Outcome drill = run("drill", "--sql", "SELECT group_concat(item) FROM orders", replica);
        assertThat(drill.exitCode()).as(drill.text()).isZero();
        assertThat(drill.text())
                .contains("  tea,milk\n")
                .contains("ok: the state of Litestream 0.3 of 2026-11-21T14:02");
    }

    @Test
    void verifyNamesADamagedPiece() throws IOException {
        byte[] bytes = Files.readAllBytes(secondPiece);
        bytes[bytes.length / 2] ^= 1;
        Files.write(secondPiece, bytes);
        Outcome verify = run("verify", replica);
        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.text()).contains(secondPiece.getFileName() + " is damaged");
        assertThat(run("verify", "--json", replica).text()).contains("\"ok\" : false");
    }

    @Test
    void verifyNamesWhatIsMissing() throws IOException {
        Path moved = secondPiece.resolveSibling("00000000_00ffffff.wal.lz4");
        Files.move(secondPiece, moved);
        Outcome verify = run("verify", replica);
        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.text())
                .contains("is missing before")
                .contains(moved.getFileName().toString());
    }
}
