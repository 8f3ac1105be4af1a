package io.github.litestreamjdbc.it;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/** A {@link LeasedWriter} in a JVM of its own, and what it said. */
final class LeasedInstance implements AutoCloseable {
    private final String name;
    private final ChildJvm jvm;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Set<String> confirmed;

    /** @param confirmed gets what it confirms, as name and number */
    LeasedInstance(String name, ChildJvm jvm, Set<String> confirmed) {
        this.name = name;
        this.jvm = jvm;
        this.confirmed = confirmed;
        Thread reader = new Thread(this::read, "reads-" + name);
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try {
            for (String line = jvm.readLine(); line != null; line = jvm.readLine()) {
                if (line.startsWith("ACK ")) {
                    confirmed.add(name + " " + line.substring(4));
                }
                lines.add(line);
            }
        } catch (IOException closed) {
            // Nothing comes any more.
        }
        lines.add("END");
    }

    String name() {
        return name;
    }

    ChildJvm jvm() {
        return jvm;
    }

    List<String> lines() {
        return lines;
    }

    String line(String begins) {
        return lines.stream()
                .filter(line -> line.startsWith(begins))
                .findFirst()
                .orElseThrow();
    }

    void await(int from, String begins) {
        await(() -> lines.subList(Math.min(from, lines.size()), lines.size()).stream()
                .anyMatch(line -> line.startsWith(begins)));
    }

    void await(BooleanSupplier what) {
        Awaitility.await(name + " has " + lines)
                .atMost(120, TimeUnit.SECONDS)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .until(what::getAsBoolean);
    }

    @Override
    public void close() throws IOException {
        jvm.close();
    }
}
