package io.github.litestreamjdbc.cli;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import io.github.litestreamjdbc.api.ReplicationException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.management.remote.JMXServiceURL;

/** The JVMs of this user on this machine that replicate a database. */
final class LocalJvms {
    /** System properties by which the driver tells other copies of itself what it has open. */
    private static final String CLAIM = "io.github.litestreamjdbc.claim.database.";

    private static final String SELF = Long.toString(ProcessHandle.current().pid());

    private LocalJvms() {}

    /**
     * The databases that are open in any of them.
     *
     * @param err told of JVMs that cannot be asked
     */
    static List<LiveDatabase> databases(PrintWriter err) throws ReplicationException {
        List<LiveDatabase> found = new ArrayList<>();
        for (VirtualMachineDescriptor jvm : list()) {
            if (!jvm.id().equals(SELF)) {
                try {
                    found.addAll(databases(jvm.id()));
                } catch (IOException e) {
                    err.println("JVM " + jvm.id() + " cannot be asked: " + e.getMessage());
                }
            }
        }
        return found;
    }

    private static List<VirtualMachineDescriptor> list() throws ReplicationException {
        try {
            return VirtualMachine.list();
        } catch (NoClassDefFoundError e) {
            throw new ReplicationException.Config(
                    "this Java runtime has no module jdk.attach; give --jmx HOST:PORT of the application, or use a JDK",
                    e);
        }
    }

    /** The databases that are open in one JVM; nothing is started in a JVM that has none. */
    static List<LiveDatabase> databases(String processId) throws IOException {
        try {
            VirtualMachine jvm = VirtualMachine.attach(processId);
            try {
                boolean replicates = jvm.getSystemProperties().stringPropertyNames().stream()
                        .anyMatch(name -> name.startsWith(CLAIM));
                return replicates
                        ? LiveDatabase.read(processId, new JMXServiceURL(jvm.startLocalManagementAgent()))
                        : List.of();
            } finally {
                jvm.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** What the JVM that replicates a database says of it; empty if there is none, or none that can be asked. */
    static Optional<LiveDatabase> replicating(Path database, Optional<String> processId) {
        try {
            return processId.isEmpty()
                    ? Optional.empty()
                    : databases(processId.get()).stream()
                            .filter(live -> live.database().equals(database))
                            .findFirst();
        } catch (IOException | NoClassDefFoundError cannotBeAsked) {
            return Optional.empty();
        }
    }
}
