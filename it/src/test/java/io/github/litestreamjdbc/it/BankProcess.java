package io.github.litestreamjdbc.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process that writes to a bank and can be killed. What it says about transfers goes to the ledger at once, from a thread
 * of its own; the rest are answers, for the test's thread.
 */
final class BankProcess implements AutoCloseable {
    private static final int KILLED = 128 + 9;

    private final Process process;
    private final Path errors;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Thread reader;

    /** Before it is first needed nobody listens for transfers. */
    private volatile Ledger ledger;

    private BankProcess(List<String> command, Path errors) throws IOException {
        this.errors = errors;
        this.process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start();
        this.reader = new Thread(this::read);
        reader.setDaemon(true);
        reader.start();
    }

    static BankProcess pooled(Path scratch) throws IOException {
        Files.createDirectories(scratch);
        return new BankProcess(
                ChildJvm.command(PooledBankWriters.class, scratch.toString()), scratch.resolve("errors"));
    }

    static BankProcess soak(Path errors, String url) throws IOException {
        return new BankProcess(ChildJvm.command(SoakApplication.class, url), errors);
    }

    /** @param restMillis between two rounds, at the most */
    static BankProcess outside(Path errors, long seed, int restMillis) throws IOException {
        return new BankProcess(
                ChildJvm.command(OutsideBankWriter.class, Long.toString(seed), Integer.toString(restMillis)), errors);
    }

    /** {@code stdbuf}, so that its acknowledgements do not wait in a buffer that dies with it. */
    static BankProcess shell(Path errors, Path file) throws IOException {
        return new BankProcess(List.of("stdbuf", "-oL", "sqlite3", "-batch", file.toString()), errors);
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!Ledger.isAboutTransfers(line)) {
                    answers.add(line);
                } else {
                    ledger.hear(line);
                }
            }
        } catch (IOException e) {
            answers.add("FAILED to read: " + e);
        }
    }

    void writesTo(Ledger newLedger) {
        ledger = newLedger;
    }

    /** Keeps saying this until the process is dead. */
    void feed(String lines) {
        Thread feeder = new Thread(() -> {
            try {
                while (true) {
                    tell(lines);
                }
            } catch (IOException itWasKilled) {
                return;
            }
        });
        feeder.setDaemon(true);
        feeder.start();
    }

    void tell(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Waits for an answer that begins with this word, and gives the rest of it. */
    String answer(String word) throws IOException, InterruptedException {
        String line = answers.poll(300, TimeUnit.SECONDS);
        if (line == null || !line.startsWith(word)) {
            throw new AssertionError(word + " expected, not " + line + "; " + errors());
        }
        return line.substring(word.length()).trim();
    }

    /** SIGKILL; returns when it is dead and all that it said was heard. */
    void kill() throws IOException, InterruptedException {
        process.toHandle().destroyForcibly();
        reader.join();
        if (process.waitFor() != KILLED || answers.stream().anyMatch(line -> line.startsWith("FAILED"))) {
            throw new AssertionError("ended by itself with " + process.exitValue() + " " + answers + "; " + errors());
        }
    }

    private String errors() throws IOException {
        return "its errors: " + Files.readString(errors);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        process.getOutputStream().close();
    }
}
