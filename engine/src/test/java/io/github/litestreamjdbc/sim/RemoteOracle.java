package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.ReplicationConfig;
import io.github.litestreamjdbc.ltx.TxidRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Applies every file that comes to the remote store, and compares with what its writer's database was at that TXID. */
final class RemoteOracle {
    /** The database that a restore to each TXID has to give. */
    private final TreeMap<Long, byte[]> images = new TreeMap<>();

    private final TreeMap<Long, Instant> created = new TreeMap<>();

    /** TXIDs that a level-1 file ends with. */
    private final Set<Long> merged = new HashSet<>();

    private final MemoryObjectStore remote;
    private final ReplicationConfig.Maintenance retention;
    private final Tally tally;

    /** Files compared with the oracle. */
    private long filesChecked;

    RemoteOracle(MemoryObjectStore remote, ReplicationConfig.Maintenance retention, Tally tally) {
        this.remote = remote;
        this.retention = retention;
        this.tally = tally;
    }

    /** A put took effect. */
    void stored(String key, byte[] bytes, Lineage writer) {
        String[] segments = key.split("/");
        TxidRange txids = TxidRange.parseFileName(segments[segments.length - 1]).orElseThrow();
        int level = Integer.parseInt(segments[segments.length - 2]);
        try {
            byte[] base = txids.min() == 1 ? Images.NONE : images.getOrDefault(txids.min() - 1, Images.NONE);
            byte[] image = Images.apply(base, key, bytes);
            byte[] expected =
                    level == 0 ? writer.at(txids.max()) : images.getOrDefault(txids.max(), writer.at(txids.max()));
            assertThat(expected).as("%s: its writer captured that TXID", key).isNotNull();
            assertThat(Images.difference(expected, image))
                    .as("%s: the replica up to this file, and the database at that TXID", key)
                    .isEqualTo("equal");
            byte[] before = images.putIfAbsent(txids.max(), image);
            assertThat(before == null || Images.difference(before, image).equals("equal"))
                    .as("%s: the TXID was given before, to another state", key)
                    .isTrue();
            if (level == 0) {
                created.putIfAbsent(
                        txids.max(), remote.objects().get(key).object().created());
            }
            if (level == 1) {
                merged.add(txids.max());
            }
            filesChecked++;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long filesChecked() {
        return filesChecked;
    }

    byte[] at(long txid) {
        return images.get(txid);
    }

    long newestTxid() {
        return images.isEmpty() ? 0 : images.lastKey();
    }

    TreeMap<Long, byte[]> images() {
        return images;
    }

    /** Without looking at the product's plan: from a snapshot or TXID 1 on, files lead without a gap to the newest TXID. */
    void assertUnbroken() {
        NavigableSet<Long> reachable = reachable();
        assertThat(reachable.isEmpty() ? 0L : reachable.last())
                .as("TXID that the replica's files lead to")
                .isEqualTo(newestTxid());
    }

    /** The TXIDs that files lead to, each going on from a state that it begins behind or within. */
    NavigableSet<Long> reachable() {
        NavigableSet<Long> reached = new TreeSet<>(Set.of(0L));
        List<TxidRange> files = remote.objects().keySet().stream()
                .map(key -> TxidRange.parseFileName(key.substring(key.lastIndexOf('/') + 1))
                        .orElseThrow())
                .sorted(Comparator.comparing(TxidRange::max).thenComparing(TxidRange::min))
                .toList();
        for (TxidRange file : files) {
            if (!reached.subSet(file.min() - 1, true, file.max(), true).isEmpty()) {
                reached.add(file.max());
            }
        }
        reached.remove(0L);
        return reached;
    }

    /** Deletes, and sees to it that no state loses its last path that retention keeps. */
    void deleting(Collection<String> keys, Instant now) {
        Set<Long> lost = reachable();
        remote.delete(keys);
        lost.removeAll(reachable());
        for (long txid : lost) {
            tally.count(Tally.Event.STATE_LET_GO);
            Duration kept = merged.contains(txid) ? retention.retention() : retention.l0Retention();
            assertThat(created.get(txid))
                    .as("deleting %s takes the last path to TXID %d, which is to be kept for %s", keys, txid, kept)
                    .isBeforeOrEqualTo(now.minus(kept));
        }
    }
}
