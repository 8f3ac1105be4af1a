package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicaFile;
import io.github.litestreamjdbc.api.ReplicationConfig.IntegrityCheck;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.RestoreOptions;
import io.github.litestreamjdbc.api.RestoreReport;
import io.github.litestreamjdbc.engine.ReplicaView;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = "Restores a database file. Never overwrites one.")
final class RestoreCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ReplicaOptions replica;

    @Mixin
    private PointOptions point;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The database file to restore.")
    private Path output;

    @Option(
            names = {"--if-db-not-exists", "-if-db-not-exists"},
            description = "Do nothing, successfully, if the file exists.")
    private boolean ifDbNotExists;

    @Option(
            names = {"--if-replica-exists", "-if-replica-exists"},
            description = "Do nothing, successfully, if the replica holds no database.")
    private boolean ifReplicaExists;

    @Option(
            names = {"--integrity-check", "-integrity-check"},
            paramLabel = "none|quick|full",
            defaultValue = "none",
            description = "SQLite's own check of the restored file (default: ${DEFAULT-VALUE}).")
    private String integrityCheck;

    @Option(
            names = {"--dry-run", "-dry-run"},
            description = "Only show the LTX files that would be read.")
    private boolean dryRun;

    @Option(
            names = {"--json", "-json"},
            description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws ReplicationException {
        PrintWriter out = spec.commandLine().getOut();
        IntegrityCheck check = PointOptions.check(integrityCheck);
        RestoreOptions options = point.options(check);
        if (output == null && !dryRun) {
            throw new ReplicationException.Config("-o FILE is missing: name the database file to restore");
        }
        if (ifDbNotExists && output != null && Files.exists(output)) {
            return nothingDone(out, output + " exists");
        }
        try (ReplicaView view = replica.open()) {
            if (dryRun) {
                LtxCommand.print(out, json, view.plan(options));
                return 0;
            }
            return restore(out, view, options);
        }
    }

    private int restore(PrintWriter out, ReplicaView view, RestoreOptions options) throws ReplicationException {
        Optional<RestoreReport> restored;
        try (ProgressBar bar = new ProgressBar(spec.commandLine().getErr(), ProgressBar.isTerminal() && !json)) {
            restored = view.restore(output, options, bar);
        }
        if (restored.isEmpty()) {
            if (ifReplicaExists) {
                return nothingDone(out, view + " holds no database");
            }
            throw new ReplicationException.Config(view + " holds no database; look at the path, or give"
                    + " --if-replica-exists if that is expected");
        }
        print(out, json, restored.get(), integrityCheck);
        return 0;
    }

    private int nothingDone(PrintWriter out, String reason) {
        if (json) {
            Output.json(out, Output.object("db_path", String.valueOf(output), "restored", false, "reason", reason));
        } else {
            out.println(reason + "; nothing was done");
        }
        return 0;
    }

    /** The outcome, for people or for scripts. */
    static void print(PrintWriter out, boolean json, RestoreReport report, String integrityCheck) {
        boolean ltx = report.format() == RestoreOptions.Format.LTX;
        if (json) {
            RestoreReport.Shares shares = report.shares();
            Output.json(
                    out,
                    Output.object(
                            "db_path", report.target().toString(),
                            "replica", report.replicaUrl(),
                            "format", ltx ? "ltx" : "v0.3",
                            "txid", ltx ? Output.txid(report.txid()) : null,
                            "timestamp", report.created().toString(),
                            "files", report.files(),
                            "replica_bytes", report.replicaBytes(),
                            "db_bytes", report.databaseBytes(),
                            "duration_ms", report.duration().toMillis(),
                            "thread_ms",
                                    Output.object(
                                            "download", shares.download().toMillis(),
                                            "decode", shares.decode().toMillis(),
                                            "checksum", shares.checksum().toMillis(),
                                            "write", shares.write().toMillis(),
                                            "sync", shares.sync().toMillis()),
                            "integrity_check", integrityCheck));
            return;
        }
        out.printf(
                Locale.ROOT,
                "restored %s: %s of %s, %d bytes out of %d files with %d bytes, in %d ms%n",
                report.target(),
                state(report),
                report.created(),
                report.databaseBytes(),
                report.files(),
                report.replicaBytes(),
                report.duration().toMillis());
    }

    /** Which state it was, for people. */
    static String state(RestoreReport report) {
        return report.format() == RestoreOptions.Format.LTX
                ? "TXID " + Output.txid(report.txid())
                : "the state of Litestream 0.3";
    }

    /** Columns of a listing of files. */
    static List<String> row(ReplicaFile file) {
        return List.of(
                Integer.toString(file.level()),
                Output.txid(file.minTxid()),
                Output.txid(file.maxTxid()),
                Long.toString(file.sizeBytes()),
                file.created().toString());
    }
}
