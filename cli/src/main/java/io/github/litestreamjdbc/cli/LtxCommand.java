package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicaFile;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.ReplicaView;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "ltx", mixinStandardHelpOptions = true, description = "Lists the LTX files of a replica.")
final class LtxCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ReplicaOptions replica;

    @Option(
            names = {"--level", "-level"},
            paramLabel = "N|all",
            defaultValue = "0",
            description = "0 as captured, 1 to 8 merged, 9 snapshots, or all (default: ${DEFAULT-VALUE}).")
    private String level;

    @Option(
            names = {"--json", "-json"},
            description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws ReplicationException {
        if (!level.matches("[0-9]|all")) {
            throw new ReplicationException.Config("--level " + level + ": must be 0 to 9, or all");
        }
        try (ReplicaView view = replica.open()) {
            List<ReplicaFile> files = view.files().stream()
                    .filter(file -> level.equals("all") || level.equals(Integer.toString(file.level())))
                    .toList();
            print(spec.commandLine().getOut(), json, files);
        }
        return 0;
    }

    /** As Litestream lists them. */
    static void print(PrintWriter out, boolean json, List<ReplicaFile> files) {
        if (json) {
            Output.json(
                    out,
                    files.stream()
                            .map(file -> Output.object(
                                    "level", file.level(),
                                    "min_txid", Output.txid(file.minTxid()),
                                    "max_txid", Output.txid(file.maxTxid()),
                                    "size", file.sizeBytes(),
                                    "timestamp", file.created().toString()))
                            .toList());
            return;
        }
        Output.table(
                out,
                List.of("level", "min_txid", "max_txid", "size", "created"),
                files.stream().map(RestoreCommand::row).toList());
    }
}
