package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.RestoreProgress;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Consumer;

/** One line that is written over, on a terminal; nothing in a pipe. */
final class ProgressBar implements Consumer<RestoreProgress>, AutoCloseable {
    private static final int WIDTH = 30;

    private final PrintWriter err;
    private final boolean terminal;
    private boolean shown;

    ProgressBar(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    /** Whether somebody looks on. From Java 22 on there is a console in a pipe too, which says that it is no terminal. */
    static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException before22) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    @Override
    public void accept(RestoreProgress progress) {
        if (!terminal) {
            return;
        }
        shown = true;
        int done = (int) (WIDTH * progress.bytes() / Math.max(1, progress.totalBytes()));
        err.printf(
                Locale.ROOT,
                "\r[%s%s] %d/%d files  %.1f/%.1f MB  %.1f MB/s  %d s left ",
                "=".repeat(done),
                " ".repeat(WIDTH - done),
                progress.files(),
                progress.totalFiles(),
                progress.bytes() / 1e6,
                progress.totalBytes() / 1e6,
                progress.bytesPerSecond() / 1e6,
                progress.remaining().toSeconds());
        err.flush();
    }

    @Override
    public void close() {
        if (shown) {
            err.println();
        }
    }
}
