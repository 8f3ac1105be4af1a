package io.github.litestreamjdbc.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.Attribute;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * What a JVM that has a database open says of its replication.
 *
 * @param jvm its process number, or the address where it was asked
 * @param readings by the names of the JMX attributes
 */
record LiveDatabase(String jvm, Map<String, Object> readings) {
    private static final String BEANS = "io.github.litestreamjdbc:type=Replication,*";
    private static final String[] ATTRIBUTES = {
        "Database",
        "Replica",
        "State",
        "StateSince",
        "Reason",
        "ReplicaError",
        "LocalTxid",
        "ReplicatedTxid",
        "ReplicationLagMillis",
        "UnreplicatedCommits",
        "LastSync"
    };

    /** All databases that a JVM replicates. */
    static List<LiveDatabase> read(String jvm, JMXServiceURL url) throws IOException {
        try (JMXConnector connector = JMXConnectorFactory.connect(url)) {
            MBeanServerConnection server = connector.getMBeanServerConnection();
            List<LiveDatabase> databases = new ArrayList<>();
            for (ObjectName bean : server.queryNames(new ObjectName(BEANS), null)) {
                Map<String, Object> readings = new TreeMap<>();
                for (Attribute attribute :
                        server.getAttributes(bean, ATTRIBUTES).asList()) {
                    readings.put(attribute.getName(), attribute.getValue());
                }
                if (readings.containsKey("Database")) {
                    databases.add(new LiveDatabase(jvm, readings));
                }
            }
            return databases;
        } catch (JMException e) {
            throw new IOException("JVM " + jvm + ": " + e, e);
        }
    }

    Path database() {
        return Path.of(text("Database"));
    }

    /** A reading, empty if the JVM has none. */
    String text(String attribute) {
        return String.valueOf(readings.getOrDefault(attribute, ""));
    }

    /** A reading for scripts: numbers stay numbers. */
    Object value(String attribute) {
        return readings.get(attribute);
    }
}
