package io.github.litestreamjdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.api.RestoreProgress;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxWriter;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.s3testing.S3TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The transcripts in the documentation are what the commands print, on a replica of a few transactions. */
class CliReferenceTest {
    private static final Path REFERENCE = Path.of("../docs/cli.md");
    private static final String BEGIN = "<!-- generated from the commands -->\n";
    private static final String END = "<!-- end -->\n";
    private static final int PAGE_SIZE = 512;
    private static final Instant FIRST = Instant.parse("2026-11-21T14:00:00.250Z");

    @TempDir
    private Path directory;

    private Path replica;
    private final List<byte[]> states = new ArrayList<>();

    /** What a command did. */
    private record Outcome(int exitCode, String text) {}

    @BeforeEach
    void prepare() throws Exception {
        replica = directory.resolve("backup");
        Path source = directory.resolve("source.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + source);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA page_size = " + PAGE_SIZE);
            statement.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)");
            states.add(Files.readAllBytes(source));
            for (int i = 1; i < 6; i++) {
                statement.execute("INSERT INTO orders (item) VALUES ('number " + i + "')");
                states.add(Files.readAllBytes(source));
            }
        }
        Files.delete(source);
        write(9, 1, 2);
        write(1, 3, 4);
        write(0, 5, 5);
        write(0, 6, 6);
    }

    /** Holds the pages that the transactions have changed; a minute goes by between two. */
    private void write(int level, int min, int max) throws IOException {
        TxidRange txids = new TxidRange(min, max);
        byte[] after = states.get(max - 1);
        byte[] before = min == 1 ? new byte[0] : states.get(min - 2);
        Instant created = FIRST.plusSeconds(60L * max);
        Path file = replica.resolve("ltx/" + level + "/" + txids.fileName());
        Files.createDirectories(file.getParent());
        try (OutputStream out = Files.newOutputStream(file)) {
            int pages = after.length / PAGE_SIZE;
            LtxWriter writer = new LtxWriter(
                    out, LtxHeader.of(PAGE_SIZE, pages, txids, created.toEpochMilli(), 0, 0, 0, 0), PageEncoding.BLOCK);
            for (int page = 0; page < pages; page++) {
                int from = page * PAGE_SIZE;
                int to = from + PAGE_SIZE;
                if (to > before.length || !Arrays.equals(after, from, to, before, from, to)) {
                    writer.writePage(page + 1, after, from);
                }
            }
            writer.finish();
        }
        Files.setLastModifiedTime(file, FileTime.from(created));
    }

    private Outcome run(String... arguments) {
        StringWriter text = new StringWriter();
        CommandLine commands = Main.commandLine();
        commands.setOut(new PrintWriter(text));
        commands.setErr(new PrintWriter(text));
        int exitCode = commands.execute(Arrays.stream(arguments)
                .map(argument -> argument.replace("/backup", replica.toString()).replace("/data", directory.toString()))
                .toArray(String[]::new));
        String stable = text.toString()
                .replace(replica.toString(), "/backup")
                .replace(directory.toString(), "/data")
                .replaceAll("in \\d+ ms", "in 12 ms")
                .replaceAll("(_ms|download|decode|checksum|write|sync)\" : \\d+", "$1\" : 12");
        return new Outcome(exitCode, stable);
    }

    /** Of an application of this process number, without other JVMs; columns as narrow as what differs each time lets them. */
    private void transcript(StringBuilder into, long processId, String command, String... arguments) {
        List<String> shown = new ArrayList<>(List.of(command));
        shown.addAll(List.of(arguments));
        List<String> real = new ArrayList<>(shown);
        if (command.equals("databases")) {
            real.addAll(List.of("--pid", Long.toString(processId)));
        }
        Outcome outcome = run(real.toArray(String[]::new));
        String stable = outcome.text()
                .replaceAll("\\b" + processId + "( *)\\b", "4711$1")
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "2026-11-21T14:07:00.250Z")
                .replaceAll("(?<=\\S) {2,}", "  ");
        show(into, new Outcome(outcome.exitCode(), stable), shown.toArray(String[]::new));
    }

    private void transcript(StringBuilder into, String... arguments) {
        show(into, run(arguments), arguments);
    }

    private void show(StringBuilder into, Outcome outcome, String... arguments) {
        into.append("```\n$ ./litestream-jdbc");
        for (String argument : arguments) {
            into.append(' ').append(argument.contains(" ") ? "\"" + argument + "\"" : argument);
        }
        into.append('\n').append(outcome.text());
        if (outcome.exitCode() != 0) {
            into.append("(exit code ").append(outcome.exitCode()).append(")\n");
        }
        into.append("```\n\n");
    }

    private void section(StringBuilder into, String command) {
        into.append("## ").append(command).append("\n\n```\n");
        StringWriter usage = new StringWriter();
        Main.commandLine().getSubcommands().get(command).usage(new PrintWriter(usage), CommandLine.Help.Ansi.OFF);
        into.append(usage).append("```\n\n");
    }

    private String reference() throws IOException {
        StringBuilder text = new StringBuilder();
        section(text, "restore");
        transcript(text, "restore", "-o", "/data/app.db", "file:/backup");
        transcript(text, "restore", "-o", "/data/app.db", "file:/backup");
        transcript(text, "restore", "-o", "/data/app.db", "--if-db-not-exists", "file:/backup");
        transcript(text, "restore", "-o", "/data/then.db", "--timestamp", "2026-11-21T14:05:30Z", "file:/backup");
        transcript(text, "restore", "-o", "/data/four.db", "--txid", "0000000000000004", "--json", "file:/backup");
        transcript(text, "restore", "-o", "/data/no.db", "--timestamp", "2026-11-21T14:01:00Z", "file:/backup");
        transcript(text, "restore", "-o", "/data/no.db", "--txid", "4", "file:/backup");
        transcript(text, "restore", "--dry-run", "file:/backup");
        section(text, "ltx");
        transcript(text, "ltx", "--level", "all", "file:/backup");
        transcript(text, "ltx", "--json", "file:/backup");
        section(text, "history");
        transcript(text, "history", "file:/backup");
        section(text, "drill");
        transcript(text, "drill", "--sql", "SELECT count(*), max(item) FROM orders", "file:/backup");
        section(text, "verify");
        transcript(text, "verify", "file:/backup");
        text.append("With a byte of one file changed:\n\n");
        damage("ltx/1/0000000000000003-0000000000000004.ltx");
        transcript(text, "verify", "file:/backup");
        section(text, "databases");
        try (Shop shop = Shop.open(directory)) {
            text.append("With an application that has `shop.db` open:\n\n");
            transcript(text, shop.processId(), "databases");
            transcript(text, shop.processId(), "databases", "--json");
            section(text, "status");
            transcript(text, shop.processId(), "status", "/data/app.db", "/data/shop.db");
        }
        transcript(text, "status", "--json", "/data/shop.db");
        return text.toString();
    }

    private void damage(String file) throws IOException {
        Path path = replica.resolve(file);
        FileTime created = Files.getLastModifiedTime(path);
        byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length - 1] ^= 1;
        Files.write(path, bytes);
        Files.setLastModifiedTime(path, created);
    }

    @Test
    void transcriptsAreWhatTheCommandsPrint() throws IOException {
        String reference = reference();
        String text = Files.readString(REFERENCE);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.lastIndexOf(END);
        if (Boolean.getBoolean("litestreamjdbc.writeDocs")) {
            text = text.substring(0, begin) + reference + text.substring(end);
            Files.writeString(REFERENCE, text);
            end = text.lastIndexOf(END);
        }
        assertThat(text.substring(begin, end))
                .as("generate it anew: mvn test -pl cli -am -Dtest=CliReferenceTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dlitestreamjdbc.writeDocs=true")
                .isEqualTo(reference);
    }

    @Test
    void restoredFilesAreTheStates() throws IOException {
        assertThat(run("restore", "-o", "/data/app.db", "--integrity-check", "full", "file:/backup")
                        .exitCode())
                .isZero();
        assertThat(directory.resolve("app.db")).hasBinaryContent(states.get(5));
        run("restore", "-o", "/data/then.db", "--timestamp", "2026-11-21T14:05:30Z", "file:/backup");
        assertThat(directory.resolve("then.db")).hasBinaryContent(states.get(4));
    }

    @Test
    void databasesAreFoundWithoutNamingAProcessAndThroughARemoteConnector() throws IOException {
        int port = freePort();
        try (Shop shop = Shop.open(
                directory,
                "-Dcom.sun.management.jmxremote.port=" + port,
                "-Dcom.sun.management.jmxremote.authenticate=false",
                "-Dcom.sun.management.jmxremote.ssl=false")) {
            assertThat(run("databases").text())
                    .contains("/data/shop.db")
                    .contains("STREAMING")
                    .contains(Long.toString(shop.processId()));
            String address = "localhost:" + port;
            assertThat(run("databases", "--jmx", address).text())
                    .contains(address)
                    .contains("/data/shop.db")
                    .contains("STREAMING");
        }
        assertThat(run("databases").text()).doesNotContain("/data/shop.db");
    }

    @Test
    void badInputIsOneLineWithExitCodeTwoAndWritesNothing() throws IOException {
        Files.createDirectory(directory.resolve("empty"));
        Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("nowhere"));
        List<String> before = files();
        for (String[] arguments : List.of(
                new String[] {"restore", "-o", "/data/x.db", "ftp://host/x"},
                new String[] {"restore", "-o", "/data/x.db", "nothing"},
                new String[] {"restore", "-o", "/data/x.db", "--txid", "12", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "--txid", "0000000000000099", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "--timestamp", "2999-01-01T00:00:00Z", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "--timestamp", "yesterday", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "--format", "v9", "file:/backup"},
                new String[] {"restore", "-o", "/data/none/x.db", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "--set", "s3.secret-access-key=x", "file:/backup"},
                new String[] {
                    "restore",
                    "-o",
                    "/data/x.db",
                    "--txid",
                    "0000000000000004",
                    "--timestamp",
                    "2026-11-21T14:05:30Z",
                    "file:/backup"
                },
                new String[] {"restore", "-o", "/data/x.db", "--timestamp", "2026-11-21 14:05:30", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "--parallelism", "0", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "--integrity-check", "some", "file:/backup"},
                new String[] {"restore", "-o", "/data/empty", "file:/backup"},
                new String[] {"restore", "-o", "/data/dangling", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db", "file:/data/missing"},
                new String[] {"restore", "-o", "/data/x.db", "--if-replica-exists", "file:/data/missing"},
                new String[] {"restore", "--dry-run", "file:/data/empty"},
                new String[] {
                    "restore", "-o", "/data/x.db", "--txid", "0000000000000004", "--format", "v0.3", "file:/backup"
                },
                new String[] {"ltx", "file:/data/missing"},
                new String[] {"history", "--json", "file:/data/missing"},
                new String[] {"verify", "file:/data/missing"},
                new String[] {"drill", "file:/data/missing"},
                new String[] {"restore", "-o", "/data/x.db", "file:/data/empty"},
                new String[] {"drill", "file:/data/empty"},
                new String[] {"history", "file:/data/empty"},
                new String[] {"verify", "file:/data/empty"},
                new String[] {"restore", "file:/backup"},
                new String[] {"restore", "-o", "/data/x.db"},
                new String[] {"ltx", "--level", "10", "file:/backup"},
                new String[] {"databases", "--pid", "x"},
                new String[] {"databases", "--pid", "4194305"},
                new String[] {},
                new String[] {"databases", "--jmx", "nowhere"},
                new String[] {"databases", "--jmx", "localhost:1", "--pid", "1"},
                new String[] {"no-such-command"})) {
            Outcome outcome = run(arguments);
            assertThat(outcome.exitCode()).as(outcome.text()).isEqualTo(2);
            assertThat(outcome.text()).startsWith("Error: ").endsWith("\n").hasLineCount(1);
            assertThat(outcome.text()).doesNotContain("=x");
        }
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void missingBucketIsOneLineThatSaysWhatToDo() throws IOException {
        try (S3TestServer server = S3TestServer.http()) {
            server.settings().forEach((name, value) -> System.setProperty("litestream." + name, value));
            Outcome missing = run("restore", "-o", "/data/x.db", "s3://no-such-bucket/app");
            assertThat(missing.exitCode()).as(missing.text()).isEqualTo(2);
            assertThat(missing.text())
                    .startsWith("Error: ")
                    .hasLineCount(1)
                    .contains("no-such-bucket")
                    .contains("create");
            Outcome empty = run("restore", "-o", "/data/x.db", "s3://" + S3TestServer.BUCKET + "/app");
            assertThat(empty.exitCode()).as(empty.text()).isEqualTo(2);
            assertThat(run("restore", "-o", "/data/x.db", "--if-replica-exists", "--json", "s3://test-bucket/app"))
                    .satisfies(nothing -> assertThat(nothing.exitCode()).isZero())
                    .satisfies(nothing -> assertThat(nothing.text()).contains("\"restored\" : false"));
            assertThat(directory.resolve("x.db")).doesNotExist();
        } finally {
            System.getProperties().keySet().removeIf(name -> name.toString().startsWith("litestream.s3."));
        }
    }

    @Test
    void progressIsALineThatIsWrittenOverOnATerminalAndNothingInAPipe() {
        RestoreProgress half =
                new RestoreProgress(directory.resolve("x.db"), 6, 2, 4, 50_000_000, 100_000_000, Duration.ofSeconds(5));
        StringWriter pipe = new StringWriter();
        try (ProgressBar bar = new ProgressBar(new PrintWriter(pipe), false)) {
            bar.accept(half);
        }
        assertThat(pipe.toString()).isEmpty();
        StringWriter terminal = new StringWriter();
        try (ProgressBar bar = new ProgressBar(new PrintWriter(terminal), true)) {
            bar.accept(half);
        }
        assertThat(terminal.toString())
                .isEqualTo("\r[" + "=".repeat(15) + " ".repeat(15) + "] 2/4 files  50.0/100.0 MB  10.0 MB/s  5 s left "
                        + System.lineSeparator());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            return tree.map(Path::toString).sorted().toList();
        }
    }
}
