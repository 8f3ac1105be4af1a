package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.engine.ReplicaView;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description =
                "Restores to a temporary place, runs SQLite's full integrity check and SQL of yours, prints the time"
                        + " taken, and leaves nothing.")
final class DrillCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ReplicaOptions replica;

    @Mixin
    private PointOptions point;

    @Option(names = "--sql", paramLabel = "QUERY", description = "A query to run on the restored database; repeatable.")
    private List<String> queries = List.of();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws ReplicationException, IOException, SQLException {
        RestoreOptions options = point.options(IntegrityCheck.FULL);
        PrintWriter out = spec.commandLine().getOut();
        try (ReplicaView view = replica.open()) {
            Path directory = Files.createTempDirectory("litestream-drill");
            try {
                RestoreReport report = restore(view, directory.resolve("restored.db"), options);
                List<List<List<String>>> answers = new ArrayList<>();
                for (String query : queries) {
                    answers.add(run(report.target(), query));
                }
                print(out, report, answers);
            } finally {
                delete(directory);
            }
        }
        return 0;
    }

    private RestoreReport restore(ReplicaView view, Path file, RestoreOptions options) throws ReplicationException {
        try (ProgressBar bar = new ProgressBar(spec.commandLine().getErr(), ProgressBar.isTerminal() && !json)) {
            return view.restore(file, options, bar)
                    .orElseThrow(() -> new ReplicationException.Config(view + " holds no database; look at the path"));
        }
    }

    private static List<List<String>> run(Path file, String query) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    row.add(String.valueOf(result.getString(i)));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private void print(PrintWriter out, RestoreReport report, List<List<List<String>>> answers) {
        if (json) {
            Output.json(
                    out,
                    Output.object(
                            "ok",
                            true,
                            "txid",
                            report.format() == RestoreOptions.Format.LTX ? Output.txid(report.txid()) : null,
                            "timestamp",
                            report.created().toString(),
                            "db_bytes",
                            report.databaseBytes(),
                            "integrity_check",
                            "full",
                            "duration_ms",
                            report.duration().toMillis(),
                            "sql",
                            answers));
            return;
        }
        for (int i = 0; i < queries.size(); i++) {
            out.println(queries.get(i));
            answers.get(i).forEach(row -> out.println("  " + String.join("  ", row)));
        }
        out.println("ok: " + RestoreCommand.state(report) + " of " + report.created() + ", " + report.databaseBytes()
                + " bytes, integrity check full, restored in "
                + report.duration().toMillis() + " ms");
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
