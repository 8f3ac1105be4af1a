package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.Generation;
import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.ReplicaView;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "history",
        mixinStandardHelpOptions = true,
        description = "Shows which states can be restored: periods, and how finely each.")
final class HistoryCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ReplicaOptions replica;

    @Option(names = "--json", description = "Print JSON, with every point.")
    private boolean json;

    @Override
    public Integer call() throws ReplicationException {
        History history;
        List<Generation> generations;
        try (ReplicaView view = replica.open()) {
            history = view.history();
            generations = view.generations();
            if (history.points().isEmpty() && generations.isEmpty() && !json) {
                throw new ReplicationException.Config(view + " holds no state that can be restored");
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Output.json(
                    out,
                    Output.object(
                            "points",
                            history.points().stream().map(HistoryCommand::json).toList(),
                            "gaps",
                            history.gaps().stream()
                                    .map(gap -> Output.object(
                                            "first_txid", Output.txid(gap.firstTxid()),
                                            "last_txid", Output.txid(gap.lastTxid())))
                                    .toList(),
                            "generations",
                            generations.stream().map(HistoryCommand::json).toList()));
        } else {
            print(out, history, generations);
        }
        return 0;
    }

    /** A point for scripts. */
    static Map<String, Object> json(History.Point point) {
        return Output.object(
                "txid", Output.txid(point.txid()),
                "timestamp", point.created().toString(),
                "level", point.level());
    }

    private static Map<String, Object> json(Generation generation) {
        return Output.object(
                "generation", generation.id(),
                "from", generation.oldest().toString(),
                "to", generation.newest().toString(),
                "files", generation.files(),
                "size", generation.bytes());
    }

    private static void print(PrintWriter out, History history, List<Generation> generations) {
        if (!history.points().isEmpty()) {
            Output.table(
                    out,
                    List.of("from", "to", "min_txid", "max_txid", "points", "level", "resolution"),
                    history.periods().stream().map(HistoryCommand::row).toList());
        }
        for (History.Gap gap : history.gaps()) {
            out.println("gap: transactions " + Output.txid(gap.firstTxid()) + " to " + Output.txid(gap.lastTxid())
                    + " are in no file");
        }
        for (Generation generation : generations) {
            out.println("Litestream 0.3, generation " + generation.id() + ": any instant from " + generation.oldest()
                    + " to " + generation.newest() + " (--format v0.3)");
        }
    }

    private static List<String> row(History.Period period) {
        return List.of(
                period.oldest().created().toString(),
                period.newest().created().toString(),
                Output.txid(period.oldest().txid()),
                Output.txid(period.newest().txid()),
                Integer.toString(period.points()),
                Integer.toString(period.level()),
                resolution(period));
    }

    private static String resolution(History.Period period) {
        if (!period.resolution().isZero()) {
            return period.resolution().toMillis() / 1e3 + " s";
        }
        return period.points() == 1 ? "-" : "every transaction";
    }
}
