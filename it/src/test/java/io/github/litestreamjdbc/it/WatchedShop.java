package io.github.litestreamjdbc.it;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;

/** An application that can be watched from outside: opens the given URLs, commits to each, and closes them when told. */
final class WatchedShop {
    private WatchedShop() {}

    public static void main(String[] urls) throws Exception {
        System.setProperty("java.rmi.server.hostname", "127.0.0.1");
        JMXConnectorServer server = JMXConnectorServerFactory.newJMXConnectorServer(
                new JMXServiceURL("service:jmx:rmi://127.0.0.1"), null, ManagementFactory.getPlatformMBeanServer());
        server.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        List<Connection> connections = new ArrayList<>();
        for (String url : urls) {
            Connection connection = DriverManager.getConnection(url);
            connections.add(connection);
            Sql.run(connection, "CREATE TABLE IF NOT EXISTS t (x)");
            Sql.run(connection, "INSERT INTO t VALUES (1)");
        }
        System.out.println(server.getAddress());
        in.readLine();
        for (Connection connection : connections) {
            connection.close();
        }
        System.out.println("closed");
        in.readLine();
        server.stop();
    }
}
