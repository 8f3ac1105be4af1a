package io.github.litestreamjdbc.it;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A child JVM: a server that loads an application with a driver of its own, runs it, removes it, and tells what stays. The
 * arguments are a name of what the application does, and its URL.
 */
final class UnloadingServer {
    private static final int MIB = 1 << 20;

    /** A database of the server itself. */
    private static Connection open;

    private UnloadingServer() {}

    public static void main(String[] args) throws Exception {
        WeakReference<ClassLoader> loader = switch (args[0]) {
            case "orderly" -> orderly(args[1], 0);
            case "patient" -> orderly(args[1], 10);
            case "forgetful" -> forgetful(args[1]);
            case "sharing" -> sharing(args[1], args[2]);
            default -> throw new IllegalArgumentException(args[0]);
        };
        clearSoftReferences();
        System.out.println("COLLECTED " + isCollected(loader));
        if (open != null) {
            open.close();
        }
    }

    private static WeakReference<ClassLoader> orderly(String url, int patienceSeconds) throws Exception {
        try (URLClassLoader application = application()) {
            call(application, "run", url);
            System.out.println("THREADS " + !threadsOf(application).isEmpty());
            call(application, "deregister");
            System.out.println("THREADS " + isAnyLeft(application, patienceSeconds));
            return new WeakReference<>(application);
        }
    }

    /** Whether a thread is there still after so long: those of an S3 client are not ours to join. */
    private static boolean isAnyLeft(ClassLoader application, int patienceSeconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(patienceSeconds);
        while (!threadsOf(application).isEmpty() && System.nanoTime() < end) {
            Thread.sleep(10);
        }
        return !threadsOf(application).isEmpty();
    }

    private static WeakReference<ClassLoader> forgetful(String url) throws Exception {
        try (URLClassLoader application = application()) {
            call(application, "run", url);
            call(application, "forget", url);
            call(application, "deregister");
            System.out.println("THREADS " + !threadsOf(application).isEmpty());
            call(application, "remember");
            for (Thread thread : threadsOf(application)) {
                thread.join();
            }
            System.out.println("THREADS " + !threadsOf(application).isEmpty());
            return new WeakReference<>(application);
        }
    }

    /** The driver is the server's, whose own database keeps the threads at work that the application was the first to need. */
    private static WeakReference<ClassLoader> sharing(String url, String serversUrl) throws Exception {
        try (URLClassLoader application = new Sharing()) {
            call(application, "run", url);
            open = DriverManager.getConnection(serversUrl);
            System.out.println("THREADS "
                    + !threadsOf(UnloadingServer.class.getClassLoader()).isEmpty());
            return new WeakReference<>(application);
        }
    }

    /** Brings the application only. */
    private static final class Sharing extends URLClassLoader {
        Sharing() throws MalformedURLException {
            super(urls(), UnloadingServer.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(UnloadedApplication.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }
    }

    private static void call(ClassLoader application, String method, String... arguments) throws Exception {
        Class<?>[] types = new Class<?>[arguments.length];
        Arrays.fill(types, String.class);
        Class.forName(UnloadedApplication.class.getName(), true, application)
                .getMethod(method, types)
                .invoke(null, (Object[]) arguments);
    }

    private static List<Thread> threadsOf(ClassLoader loader) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getContextClassLoader() == loader)
                .toList();
    }

    /** They last as long as there is room, and newer versions of Java keep some to whatever was used last. */
    private static void clearSoftReferences() {
        List<byte[]> ballast = new ArrayList<>();
        try {
            while (true) {
                ballast.add(new byte[MIB]);
            }
        } catch (OutOfMemoryError expected) {
            ballast.clear();
        }
    }

    private static boolean isCollected(WeakReference<ClassLoader> loader) throws InterruptedException {
        for (int i = 0; i < 100 && loader.get() != null; i++) {
            System.gc();
            Thread.sleep(20);
        }
        return loader.get() == null;
    }

    /** The class path once more, in a loader that shares nothing with this one. */
    private static URLClassLoader application() throws MalformedURLException {
        return new URLClassLoader(urls(), ClassLoader.getPlatformClassLoader());
    }

    private static URL[] urls() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return urls.toArray(new URL[0]);
    }
}
