package io.github.litestreamjdbc.it;

import static org.awaitility.Awaitility.await;

import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;

/** Waits until a port answers that metrics are served at, and returns with its connection open. */
final class ReturningMain {
    private ReturningMain() {}

    public static void main(String[] urlAndPort) throws Exception {
        Connection connection = DriverManager.getConnection(urlAndPort[0]);
        Sql.run(connection, "CREATE TABLE t (x)");
        await().ignoreExceptions().until(() -> {
            try (Socket socket = new Socket("127.0.0.1", Integer.parseInt(urlAndPort[1]))) {
                return socket.isConnected();
            }
        });
        System.out.println("served");
    }
}
