package io.github.litestreamjdbc.s3testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The network between a client and a server on this machine: bytes pass through it, slowly if told so, until it is cut,
 * which both ends see as a reset. Safe for use by several threads.
 */
public final class Line implements AutoCloseable {
    private static final int BUFFER_BYTES = 8 * 1024;

    /** A closed socket with this linger sends a reset instead of an orderly end. */
    private static final int RESET = 0;

    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** Bytes towards the server until the line is cut by itself; negative for never. Guarded by this. */
    private long untilCut = -1;

    private final AtomicInteger connections = new AtomicInteger();

    private volatile long bytesPerSecond = Long.MAX_VALUE;

    private Line(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    /** Begins at a free port of a local address and leads to a port of the loopback interface. */
    static Line of(InetAddress address, int target) throws IOException {
        Line line = new Line(new ServerSocket(0, 50, address), target);
        line.start(line::accept);
        return line;
    }

    private void start(Runnable task) {
        Thread thread = new Thread(task, "s3-test-line");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                connections.incrementAndGet();
                Socket server = new Socket();
                sockets.add(client);
                sockets.add(server);
                try {
                    server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                    start(() -> pass(client, server, true));
                    start(() -> pass(server, client, false));
                } catch (IOException nobody) {
                    reset(client);
                    reset(server);
                }
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void pass(Socket from, Socket to, boolean towardsServer) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (towardsServer && isCutBy(n)) {
                    cut();
                    return;
                }
                pace(n);
                out.write(buffer, 0, n);
            }
            to.shutdownOutput();
        } catch (IOException broken) {
            reset(from);
            reset(to);
        }
    }

    private synchronized boolean isCutBy(int bytes) {
        if (untilCut < 0) {
            return false;
        }
        untilCut -= bytes;
        return untilCut < 0;
    }

    private void pace(int bytes) {
        if (bytesPerSecond != Long.MAX_VALUE) {
            LockSupport.parkNanos(bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
        }
    }

    /** The address of its beginning. */
    public URI endpoint() {
        String host = listener.getInetAddress().getHostAddress();
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + listener.getLocalPort());
    }

    /** How many connections there have been. */
    public int connections() {
        return connections.get();
    }

    /** Breaks every connection that there is; new ones get through. */
    public void cut() {
        sockets.forEach(this::reset);
    }

    /** Cuts once, when so many more bytes have gone towards the server. */
    public synchronized void cutAfter(long bytes) {
        untilCut = bytes;
    }

    /** Whether the cut of {@link #cutAfter} is still to come. */
    public synchronized boolean isCutDue() {
        return untilCut >= 0;
    }

    /** So many bytes in a second get through in each direction of a connection. */
    public void pace(long newBytesPerSecond) {
        bytesPerSecond = newBytesPerSecond;
    }

    private void reset(Socket socket) {
        sockets.remove(socket);
        try (socket) {
            socket.setSoLinger(true, RESET);
        } catch (IOException alreadyClosed) {
            // Which is what was wanted.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }
}
