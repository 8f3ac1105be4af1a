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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description =
                "Shows what the local state beside a database says, without opening the database, and what the JVM says that"
                        + " replicates it, if one does.")
final class StatusCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DB", arity = "1..*", description = "Database files.")
    private List<Path> databases;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    private static final Pattern OWNER = Pattern.compile("process (\\d+),.*", Pattern.DOTALL);

    private record Status(Path database, String status, String localTxid, long walBytes, Optional<LiveDatabase> live) {
        String live(String attribute) {
            return live.map(each -> each.text(attribute)).orElse("-");
        }
    }

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
                                    "wal_size", each.walBytes(),
                                    "jvm", each.live().map(LiveDatabase::jvm).orElse(null),
                                    "state", json(each, "State"),
                                    "replicated_txid", json(each, "ReplicatedTxid"),
                                    "lag_ms", json(each, "ReplicationLagMillis")))
                            .toList());
        } else {
            Output.table(
                    out,
                    List.of(
                            "database",
                            "status",
                            "local txid",
                            "wal size",
                            "jvm",
                            "state",
                            "replicated txid",
                            "lag ms"),
                    all.stream()
                            .map(each -> List.of(
                                    each.database().toString(),
                                    each.status(),
                                    each.localTxid(),
                                    Long.toString(each.walBytes()),
                                    each.live().map(LiveDatabase::jvm).orElse("-"),
                                    each.live("State"),
                                    each.live("ReplicatedTxid"),
                                    each.live("ReplicationLagMillis")))
                            .toList());
        }
        return 0;
    }

    private static Object json(Status status, String attribute) {
        return status.live().map(each -> each.value(attribute)).orElse(null);
    }

    private static Status of(Path database) throws IOException {
        Path file = Files.exists(database)
                ? database.toRealPath()
                : database.toAbsolutePath().normalize();
        Path meta = file.resolveSibling("." + file.getFileName() + "-litestream");
        Path level = meta.resolve("ltx/0");
        Path wal = file.resolveSibling(file.getFileName() + "-wal");
        Optional<String> newest = Files.isDirectory(level) ? newest(level) : Optional.empty();
        String status = !Files.exists(file) ? "no database" : newest.isEmpty() ? "not initialized" : "ok";
        return new Status(
                database,
                status,
                newest.orElse("-"),
                Files.exists(wal) ? Files.size(wal) : 0,
                LocalJvms.replicating(file, owner(meta.resolve("owner.lock"))));
    }

    /** The process that replicated the database last, if it still runs. */
    private static Optional<String> owner(Path lock) throws IOException {
        if (!Files.isReadable(lock)) {
            return Optional.empty();
        }
        Matcher owner = OWNER.matcher(Files.readString(lock));
        return owner.matches()
                        && ProcessHandle.of(Long.parseLong(owner.group(1))).isPresent()
                ? Optional.of(owner.group(1))
                : Optional.empty();
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
