package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.Verification;
import io.github.litestreamjdbc.engine.ReplicaView;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description =
                "Downloads and checks every file and every chain; exit code 1 if something is damaged or missing.")
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ReplicaOptions replica;

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            defaultValue = "8",
            description = "Files read at once (default: ${DEFAULT-VALUE}).")
    private int parallelism;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws ReplicationException {
        if (parallelism < 1) {
            throw new ReplicationException.Config("--parallelism " + parallelism + ": must be at least 1");
        }
        Verification found;
        try (ReplicaView view = replica.open()) {
            found = view.verify(parallelism);
            if (found.files() == 0) {
                throw new ReplicationException.Config(view + " holds nothing to verify; look at the path");
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Output.json(
                    out,
                    Output.object(
                            "ok", found.ok(),
                            "files", found.files(),
                            "bytes", found.bytes(),
                            "damaged",
                                    found.damages().stream()
                                            .map(damage -> Output.object(
                                                    "level", damage.file().level(), "reason", damage.reason()))
                                            .toList(),
                            "lost",
                                    found.lost().stream()
                                            .map(HistoryCommand::json)
                                            .toList(),
                            "gaps", found.history().gaps().size(),
                            "generations",
                                    found.generations().stream()
                                            .map(check -> Output.object(
                                                    "generation",
                                                    check.generation().id(),
                                                    "ok",
                                                    check.damage().isEmpty(),
                                                    "reason",
                                                    check.damage()))
                                            .toList()));
        } else {
            print(out, found);
        }
        return found.ok() ? 0 : 1;
    }

    private static void print(PrintWriter out, Verification found) {
        for (Verification.Damage damage : found.damages()) {
            out.println("damaged: level " + damage.file().level() + " " + damage.reason());
        }
        for (History.Point point : found.lost()) {
            out.println("lost: TXID " + Output.txid(point.txid()) + " of " + point.created());
        }
        for (History.Gap gap : found.history().gaps()) {
            out.println("gap: transactions " + Output.txid(gap.firstTxid()) + " to " + Output.txid(gap.lastTxid())
                    + " are in no undamaged file");
        }
        for (Verification.GenerationCheck check : found.generations()) {
            out.println("Litestream 0.3, generation " + check.generation().id() + ": "
                    + (check.damage().isEmpty()
                            ? "whole up to " + check.generation().newest()
                            : check.damage()));
        }
        out.println(found.files() + " files with " + found.bytes() + " bytes read, "
                + found.damages().size() + " damaged; "
                + found.history().points().size()
                + " states can be restored from LTX files");
    }
}
