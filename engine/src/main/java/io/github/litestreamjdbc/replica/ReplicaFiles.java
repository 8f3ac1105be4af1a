package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.store.LtxFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a replica holds, as far as this process knows: listed once, then kept up to date by what it puts and deletes, so
 * that nothing is asked of the replica while nothing changes. Safe for use by several threads.
 */
public final class ReplicaFiles {
    private record Key(int level, TxidRange txids) implements Comparable<Key> {
        Key(LtxFile file) {
            this(file.level(), file.txids());
        }

        @Override
        public int compareTo(Key other) {
            int byLevel = Integer.compare(level, other.level);
            return byLevel != 0 ? byLevel : txids.compareTo(other.txids);
        }
    }

    private final Map<Key, LtxFile> files = new TreeMap<>();

    /** Put by this process and in no listing yet. */
    private final Set<Key> unseen = new HashSet<>();

    /** In the replica, but of no use to anybody. */
    private final Set<Key> damaged = new HashSet<>();

    private boolean known;

    /** A listing of every level takes the place of what was known. */
    synchronized void listed(Collection<LtxFile> listing) {
        files.clear();
        unseen.clear();
        listing.forEach(file -> files.put(new Key(file), file));
        known = true;
    }

    /** Whether there was a listing. */
    synchronized boolean known() {
        return known;
    }

    /** This process has put a file. */
    synchronized void put(LtxFile file) {
        files.put(new Key(file), file);
        unseen.add(new Key(file));
    }

    /** A listing shows a file; one of another length is not the one that was put. */
    synchronized void seen(LtxFile listed) {
        LtxFile ours = files.get(new Key(listed));
        if (ours != null && ours.sizeBytes() == listed.sizeBytes()) {
            unseen.remove(new Key(listed));
        }
    }

    /** Whether a listing has shown a file. */
    synchronized boolean wasSeen(LtxFile file) {
        return !unseen.contains(new Key(file));
    }

    synchronized void deleted(Collection<LtxFile> gone) {
        for (LtxFile file : gone) {
            files.remove(new Key(file));
            unseen.remove(new Key(file));
        }
    }

    /** A file cannot be read: from here on it counts as missing. */
    synchronized void damaged(LtxFile file) {
        damaged.add(new Key(file));
    }

    /** All files that can be used, by level and TXIDs. */
    public synchronized List<LtxFile> all() {
        if (damaged.isEmpty()) {
            return new ArrayList<>(files.values());
        }
        return files.values().stream()
                .filter(file -> !damaged.contains(new Key(file)))
                .toList();
    }

    /** The file of a level and range. */
    synchronized Optional<LtxFile> find(int level, TxidRange txids) {
        return Optional.ofNullable(files.get(new Key(level, txids)));
    }
}
