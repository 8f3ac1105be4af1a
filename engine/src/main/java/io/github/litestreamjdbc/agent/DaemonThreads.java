package io.github.litestreamjdbc.agent;

import java.security.AccessController;
import java.security.PrivilegedAction;

/**
 * Threads that keep nothing of whoever happened to cause them: a pool serves several applications, and outlives each of them.
 * A thread would otherwise hold the caller's inheritable thread locals, its context class loader and, before Java 24, every class
 * loader on its stack.
 */
public final class DaemonThreads {
    private DaemonThreads() {}

    /** A daemon thread with our own class loader, not started. */
    @SuppressWarnings("removal")
    public static Thread of(Runnable task, String name) {
        Thread thread =
                AccessController.doPrivileged((PrivilegedAction<Thread>) () -> new Thread(null, task, name, 0, false));
        thread.setDaemon(true);
        thread.setContextClassLoader(DaemonThreads.class.getClassLoader());
        return thread;
    }
}
