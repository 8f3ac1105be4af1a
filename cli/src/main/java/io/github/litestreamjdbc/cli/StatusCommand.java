package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicationException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows what the local state beside a database says, without opening the database.")
final class StatusCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DB", arity = "1..*", description = "Database files.")
    private List<Path> databases;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    private record Status(Path database, String status, String localTxid, long walBytes) {}

    @Override
    public Integer call() throws ReplicationException, IOException {
        List<Status> all = new ArrayList<>();
        for (Path database : databases) {
            all.add(of(database));
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Output.json(
                    out,
                    all.stream()
                            .map(each -> Output.object(
                                    "database", each.database().toString(),
                                    "status", each.status(),
                                    "local_txid", each.localTxid(),
                                    "wal_size", each.walBytes()))
                            .toList());
        } else {
            Output.table(
                    out,
                    List.of("database", "status", "local txid", "wal size"),
                    all.stream()
                            .map(each -> List.of(
                                    each.database().toString(),
                                    each.status(),
                                    each.localTxid(),
                                    Long.toString(each.walBytes())))
                            .toList());
        }
        return 0;
    }

    private static Status of(Path database) throws IOException {
        Path file = database.toAbsolutePath();
        Path level =
                file.resolveSibling("." + file.getFileName() + "-litestream").resolve("ltx/0");
        Path wal = file.resolveSibling(file.getFileName() + "-wal");
        Optional<String> newest = Files.isDirectory(level) ? newest(level) : Optional.empty();
        String status = !Files.exists(file) ? "no database" : newest.isEmpty() ? "not initialized" : "ok";
        return new Status(database, status, newest.orElse("-"), Files.exists(wal) ? Files.size(wal) : 0);
    }

    private static Optional<String> newest(Path level) throws IOException {
        try (Stream<Path> files = Files.list(level)) {
            return files.map(each -> each.getFileName().toString())
                    .filter(name -> name.matches("[0-9a-f]{16}-[0-9a-f]{16}\\.ltx"))
                    .map(name -> name.substring(17, 33))
                    .max(Comparator.naturalOrder());
        }
    }
}
