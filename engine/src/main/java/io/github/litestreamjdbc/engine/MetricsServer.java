package io.github.litestreamjdbc.engine;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.litestreamjdbc.agent.DaemonThreads;
import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Serves readings over HTTP, as long as a database is open: Prometheus text at {@code /metrics}, JSON at {@code /health}.
 * Safe for use by several threads.
 */
final class MetricsServer {
    private static final System.Logger LOG = System.getLogger(MetricsServer.class.getName());

    /** Guarded by the class. */
    private static final Map<InetSocketAddress, HttpServer> SERVERS = new HashMap<>();

    /** Those of which the log says that they cannot be served; guarded by the class. */
    private static final Set<InetSocketAddress> REFUSED = new HashSet<>();

    /** What the server takes for a length of none. */
    private static final int NO_CONTENT = -1;

    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int MOST_THREADS = 4;
    private static final int MOST_WAITING = 64;

    /** How long a request may take, its arrival included. */
    private static final Duration REQUEST = Duration.ofSeconds(10);

    /** Beside the server's own thread, which would wait for whoever connects and says nothing. */
    private static final ThreadPoolExecutor REQUESTS = new ThreadPoolExecutor(
            MOST_THREADS,
            MOST_THREADS,
            5,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            task -> DaemonThreads.of(task, "litestream-metrics"));

    static {
        REQUESTS.allowCoreThreadTimeOut(true);
    }

    private MetricsServer() {}

    private static void handle(Runnable request) {
        Future<?> handled = REQUESTS.submit(request);
        Pools.LOCAL.schedule(() -> handled.cancel(true), REQUEST);
    }

    /** Serves at an address from here on; where that is not possible the log says so. */
    static synchronized void serve(InetSocketAddress address) {
        if (SERVERS.containsKey(address) || Databases.count() == 0) {
            return;
        }
        try {
            HttpServer server = HttpServer.create(address, 0);
            server.createContext(
                    "/metrics",
                    exchange -> answer(
                            exchange,
                            200,
                            "text/plain; version=0.0.4; charset=utf-8",
                            MetricsText.of(Databases.readings(), Databases.runtime())));
            server.createContext("/health", MetricsServer::health);
            server.setExecutor(MetricsServer::handle);
            server.start();
            SERVERS.put(address, server);
            REFUSED.remove(address);
        } catch (IOException e) {
            refused(address, e.getMessage() + ". Choose a free port of this machine");
        }
    }

    /** Each connection tries again; the log says it once. */
    private static void refused(InetSocketAddress address, String reason) {
        if (REFUSED.add(address)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    LogLine.of("metrics-address", address.getHostString() + ":" + address.getPort())
                            .says("cannot be served: " + reason));
        }
    }

    /** No database is open any more. */
    static synchronized void stop() {
        SERVERS.values().forEach(server -> server.stop(0));
        SERVERS.clear();
    }

    private static void health(HttpExchange exchange) throws IOException {
        List<Map<String, Object>> databases = new ArrayList<>();
        Databases.readings().forEach((name, readings) -> {
            Map<String, Object> database = new LinkedHashMap<>(Map.of("name", name));
            database.putAll(Health.report(readings));
            databases.add(database);
        });
        boolean well =
                databases.stream().allMatch(database -> database.get("status").equals("UP"));
        Map<String, Object> health = new LinkedHashMap<>();
        health.put("status", well ? "UP" : "DOWN");
        health.put("databases", databases);
        answer(exchange, well ? 200 : 503, "application/json", Json.of(health) + "\n");
    }

    /** Whoever asks by HEAD is told all but the content. */
    private static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            switch (exchange.getRequestMethod()) {
                case "GET" -> {
                    exchange.sendResponseHeaders(status, bytes.length);
                    exchange.getResponseBody().write(bytes);
                }
                case "HEAD" -> {
                    exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
                    exchange.sendResponseHeaders(status, NO_CONTENT);
                }
                default -> {
                    exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                    exchange.sendResponseHeaders(METHOD_NOT_ALLOWED, NO_CONTENT);
                }
            }
        }
    }
}
