package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicationException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.MalformedURLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.management.remote.JMXServiceURL;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "databases",
        mixinStandardHelpOptions = true,
        description = "Lists the databases that running applications replicate, as they say over JMX.")
final class DatabasesCommand implements Callable<Integer> {
    private static final List<String> COLUMNS = List.of(
            "jvm", "database", "replica", "state", "local_txid", "replicated_txid", "lag_ms", "last_sync", "reason");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "Only of this process (default: of all JVMs of this user).")
    private Long processId;

    @Option(
            names = "--jmx",
            paramLabel = "HOST:PORT",
            description = "Of the JVM whose remote JMX connector is there, or a service:jmx: URL.")
    private String jmx;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws ReplicationException, IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<Map<String, Object>> rows = find().stream()
                .sorted(Comparator.comparing(LiveDatabase::jvm).thenComparing(LiveDatabase::database))
                .map(DatabasesCommand::row)
                .toList();
        if (json) {
            Output.json(out, rows);
        } else {
            Output.table(
                    out,
                    COLUMNS,
                    rows.stream()
                            .map(row ->
                                    row.values().stream().map(String::valueOf).toList())
                            .toList());
        }
        return 0;
    }

    private List<LiveDatabase> find() throws ReplicationException, IOException {
        if (jmx != null && processId != null) {
            throw new ReplicationException.Config("--pid and --jmx cannot go together; leave one of them out");
        }
        if (jmx != null) {
            return LiveDatabase.read(jmx, url());
        }
        if (processId == null) {
            return LocalJvms.databases(spec.commandLine().getErr());
        }
        if (ProcessHandle.of(processId).isEmpty()) {
            throw new ReplicationException.Config("--pid " + processId + ": there is no such process");
        }
        return LocalJvms.databases(Long.toString(processId));
    }

    private JMXServiceURL url() throws ReplicationException {
        try {
            if (jmx.startsWith("service:jmx:")) {
                return new JMXServiceURL(jmx);
            }
            if (jmx.matches(".+:\\d{1,5}")) {
                return new JMXServiceURL("service:jmx:rmi:///jndi/rmi://" + jmx + "/jmxrmi");
            }
            throw new ReplicationException.Config("--jmx " + jmx + ": must be HOST:PORT or a service:jmx: URL");
        } catch (MalformedURLException e) {
            throw new ReplicationException.Config("--jmx " + jmx + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> row(LiveDatabase live) {
        return Output.object(
                "jvm", live.jvm(),
                "database", live.text("Database"),
                "replica", live.text("Replica"),
                "state", live.text("State"),
                "local_txid", live.text("LocalTxid"),
                "replicated_txid", live.text("ReplicatedTxid"),
                "lag_ms", live.value("ReplicationLagMillis"),
                "last_sync", live.text("LastSync"),
                "reason", live.text("ReplicaError").isEmpty() ? live.text("Reason") : live.text("ReplicaError"));
    }
}
