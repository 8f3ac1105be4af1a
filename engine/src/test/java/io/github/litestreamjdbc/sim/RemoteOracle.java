package io.github.litestreamjdbc.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.ltx.TxidRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.TreeMap;

/** Applies every file that comes to the remote store, and compares with what its writer's database was at that TXID. */
final class RemoteOracle {
    /** The database that a restore to each TXID has to give. */
    private final TreeMap<Long, byte[]> images = new TreeMap<>();

    private final MemoryObjectStore remote;

    /** Files compared with the oracle. */
    private long filesChecked;

    RemoteOracle(MemoryObjectStore remote) {
        this.remote = remote;
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
        long reached = 0;
        boolean further = true;
        while (further) {
            further = false;
            for (String key : remote.objects().keySet()) {
                TxidRange txids = TxidRange.parseFileName(key.substring(key.lastIndexOf('/') + 1))
                        .orElseThrow();
                if (txids.min() <= reached + 1 && txids.max() > reached) {
                    reached = txids.max();
                    further = true;
                }
            }
        }
        assertThat(reached).as("TXID that the replica's files lead to").isEqualTo(newestTxid());
    }
}
