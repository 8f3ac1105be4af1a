package io.github.litestreamjdbc.sim;

import io.github.litestreamjdbc.sim.Tally.Event;
import io.github.litestreamjdbc.testing.FaultyFiles;
import io.github.litestreamjdbc.testing.FaultyFiles.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The disk of one simulated machine: fails on demand, and remembers what was made durable, so that it can tell what a power
 * cut leaves. A name is sure to stay once its directory was synced, a content once the file was; anything else may stay,
 * vanish, or come back.
 */
final class SimulatedDisk {
    private final Path meta;
    private final FaultyFiles files = new FaultyFiles(this::before);
    private final Random random;
    private final Tally tally;
    private final WalSynced walSynced;

    /** Files whose content was synced, by their name at that time. */
    private final Set<Path> syncedContents = new HashSet<>();

    private final Set<Path> durable = new HashSet<>();

    /** Durable names that were removed, with what they named; the removal is not durable yet. */
    private final Map<Path, byte[]> removed = new HashMap<>();

    private int failures;
    private int stepsToInterruption = -1;
    private Interruption interruption;

    /** Told when the product makes the WAL durable. */
    @FunctionalInterface
    interface WalSynced {
        /** Its content at this moment is. */
        void happened() throws IOException;
    }

    /** What happens in the middle of the product's work. */
    @FunctionalInterface
    interface Interruption {
        /** @throws IOException if the work ends here */
        void happen() throws IOException;
    }

    SimulatedDisk(Path meta, long seed, Tally tally, WalSynced walSynced) {
        this.walSynced = walSynced;
        this.meta = meta;
        this.tally = tally;
        this.random = new Random(seed);
    }

    Path watched(Path path) {
        return files.path(path);
    }

    /** Lets so many of the next writing steps fail. */
    void fail(int count) {
        failures = count;
    }

    /** Does something before the step so many steps from now. */
    void interrupt(int steps, Interruption action) {
        stepsToInterruption = steps;
        interruption = action;
    }

    private void before(Step step, Path path) throws IOException {
        if (step == Step.OPEN_READ || step == Step.READ || step == Step.LIST) {
            return;
        }
        if (interruption != null && stepsToInterruption-- <= 0) {
            Interruption now = interruption;
            interruption = null;
            now.happen();
        }
        if (failures > 0) {
            failures--;
            tally.count(Event.DISK_FAULT);
            throw new IOException("No space left on device");
        }
        remember(step, path);
    }

    private void remember(Step step, Path path) throws IOException {
        switch (step) {
            case FORCE -> {
                syncedContents.add(path);
                if (path.toString().endsWith("-wal")) {
                    walSynced.happened();
                }
            }
            case LINK, MOVE -> {
                // The temporary name is the only synced one of this directory that ends so.
                if (syncedContents.removeIf(synced ->
                        synced.toString().endsWith(".tmp") && synced.getParent().equals(path.getParent()))) {
                    syncedContents.add(path);
                }
            }
            case DELETE -> {
                if (durable.remove(path) && Files.isRegularFile(path)) {
                    removed.put(path, Files.readAllBytes(path));
                }
            }
            case FORCE_DIRECTORY -> {
                removed.keySet().removeIf(gone -> gone.getParent().equals(path));
                syncedContents.stream()
                        .filter(file -> file.getParent().equals(path))
                        .forEach(durable::add);
            }
            default -> {}
        }
    }

    /** What a disk knows to be durable, by the names below the meta directory. */
    record Durable(Set<Path> names, Set<Path> contents, Map<Path, byte[]> removed) {}

    /** Copied, so that what a dead process still does changes nothing. */
    Durable durable() {
        Map<Path, byte[]> gone = new HashMap<>();
        removed.forEach((path, bytes) -> gone.put(meta.relativize(path), bytes));
        return new Durable(relative(durable), relative(syncedContents), gone);
    }

    private Set<Path> relative(Set<Path> paths) {
        Set<Path> names = new HashSet<>();
        for (Path path : paths) {
            if (path.startsWith(meta)) {
                names.add(meta.relativize(path));
            }
        }
        return names;
    }

    /** The disk is the one of a process that died: what it had not made durable is not durable yet. */
    void inherit(Durable before) {
        before.names().forEach(name -> durable.add(meta.resolve(name)));
        before.contents().forEach(name -> syncedContents.add(meta.resolve(name)));
        before.removed().forEach((name, bytes) -> removed.put(meta.resolve(name), bytes));
    }

    /** Everything in the meta directory is durable: it is what a power cut left, or was there for long. */
    void settle() throws IOException {
        try (Stream<Path> tree = Files.walk(meta)) {
            tree.filter(Files::isRegularFile).forEach(durable::add);
        }
        removed.clear();
    }

    /** Copies the meta directory as a dead process leaves it. */
    void copyAfterKill(Path target) throws IOException {
        copyTree(meta, target, path -> true);
    }

    /** Copies it as a power cut leaves it. */
    void copyAfterPowerCut(Path target) throws IOException {
        copyTree(meta, target, path -> durable.contains(path) || random.nextBoolean());
        try (Stream<Path> tree = Files.walk(target)) {
            for (Path copy : tree.filter(Files::isRegularFile).toList()) {
                Path original = meta.resolve(target.relativize(copy));
                if (!durable.contains(original) && !syncedContents.contains(original)) {
                    tear(copy);
                }
            }
        }
        for (Map.Entry<Path, byte[]> gone : removed.entrySet()) {
            Path back = target.resolve(meta.relativize(gone.getKey()));
            if (random.nextBoolean() && !Files.exists(back)) {
                Files.createDirectories(back.getParent());
                Files.write(back, gone.getValue());
            }
        }
    }

    private void tear(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length == 0) {
            return;
        }
        switch (random.nextInt(3)) {
            case 0 -> Files.write(file, new byte[0]);
            case 1 -> Files.write(file, java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            default -> Files.write(file, new byte[bytes.length]);
        }
    }

    private interface Stays {
        boolean test(Path file);
    }

    private static void copyTree(Path source, Path target, Stays stays) throws IOException {
        try (Stream<Path> tree = Files.walk(source)) {
            for (Path path : tree.toList()) {
                Path copy = target.resolve(source.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(copy);
                } else if (!path.getFileName().toString().equals("owner.lock") && stays.test(path)) {
                    try {
                        Files.copy(path, copy, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
                    } catch (NoSuchFileException gone) {
                        continue;
                    }
                }
            }
        }
    }
}
