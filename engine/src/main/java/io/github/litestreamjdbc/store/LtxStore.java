package io.github.litestreamjdbc.store;

import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.ltx.TxidRange;
import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoreCounters;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * LTX files in an {@link ObjectStore}: levels and names on keys (replica layout, section 1). Safe for use by several
 * threads. {@code toString()} names the place for people.
 */
public final class LtxStore implements AutoCloseable {
    /** Why a store is refused that does not {@link #createsExclusively}. */
    public static final String NO_CONDITIONAL_PUTS =
            "it ignores or refuses conditional puts, so that a second writer could go unnoticed, and fencing=required is"
                    + " given. Use a store that honours If-None-Match; or fencing=auto, if you make sure that only one"
                    + " process replicates to this path";

    /** The level of snapshots; the highest. */
    public static final int SNAPSHOT_LEVEL = 9;

    private final ObjectStore objects;
    private final KeyLayout layout;

    /** A view on a store; closing it closes the store. */
    public LtxStore(ObjectStore objects, KeyLayout layout) {
        this.objects = objects;
        this.layout = layout;
    }

    /** The same files, asked for in another way. */
    public LtxStore through(UnaryOperator<ObjectStore> way) {
        return new LtxStore(way.apply(objects), layout);
    }

    /** The files of a level by their TXIDs. What is not named like one is left out. */
    public List<LtxFile> list(int level) throws IOException {
        return list(level, 0);
    }

    /** The files of a level that begin with a TXID or a later one. */
    public List<LtxFile> list(int level, long fromTxid) throws IOException {
        String prefix = layout.levelPrefix(level);
        List<LtxFile> files = new ArrayList<>();
        objects.list(
                prefix,
                fromTxid == 0 ? "" : prefix + Txid.format(fromTxid),
                object -> TxidRange.parseFileName(object.key().substring(prefix.length()))
                        .ifPresent(
                                txids -> files.add(new LtxFile(level, txids, object.sizeBytes(), object.created()))));
        return files;
    }

    /** The files of all levels, level by level. */
    public List<LtxFile> listAll() throws IOException {
        List<LtxFile> files = new ArrayList<>();
        for (int level = 0; level <= SNAPSHOT_LEVEL; level++) {
            files.addAll(list(level));
        }
        return files;
    }

    /** The newest TXID over all levels; 0 if there is none. */
    public long maxTxid() throws IOException {
        return listAll().stream().mapToLong(file -> file.txids().max()).reduce(0, Txid::max);
    }

    /** What there is in the layout of Litestream 0.3, by key. */
    public List<StoredObject> listGenerations() throws IOException {
        List<StoredObject> objects = new ArrayList<>();
        this.objects.list("generations/", "", objects::add);
        return objects;
    }

    /** Opens a whole object of that layout; broken reads are taken up again where they ended. */
    public InputStream open(StoredObject object) throws IOException {
        return new ResumingInputStream(objects, object.key(), object.sizeBytes());
    }

    /** Opens a whole file; broken reads are taken up again where they ended. */
    public InputStream open(LtxFile file) throws IOException {
        return new ResumingInputStream(objects, key(file.level(), file.txids()), file.sizeBytes());
    }

    /** Opens a range that the file has; broken reads are taken up again where they ended. */
    public InputStream open(LtxFile file, long offset, long lengthBytes) throws IOException {
        return new ResumingInputStream(
                objects, key(file.level(), file.txids()), file.sizeBytes(), offset, offset + lengthBytes);
    }

    /** Opens a range of a file. */
    public FetchedObject get(int level, TxidRange txids, long offset, long lengthBytes) throws IOException {
        return objects.get(key(level, txids), offset, lengthBytes);
    }

    /** Stores a file. */
    public StoredObject put(int level, TxidRange txids, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        return objects.put(key(level, txids), body, created, precondition);
    }

    /**
     * When a listed file's newest transaction was captured, as exactly as the store knows it: the time that restores to an
     * instant go by. May cost a request.
     */
    public Instant created(LtxFile file) throws IOException {
        return objects.created(key(file.level(), file.txids()), file.created());
    }

    /** Whether a put on a condition has one winner even among several machines; may cost requests the first time. */
    public boolean createsExclusively() throws IOException {
        return objects.createsExclusively();
    }

    /** Whether one of several machines wins when all replace an object; may cost requests the first time. */
    public boolean replacesExclusively() throws IOException {
        return objects.replacesExclusively();
    }

    /** The store itself, for what is no LTX file. */
    public ObjectStore objects() {
        return objects;
    }

    /** What was asked of the store so far. Without I/O. */
    public StoreCounters counters() {
        return objects.counters();
    }

    /** Deletes files. */
    public void delete(Collection<LtxFile> files) throws IOException {
        if (!files.isEmpty()) {
            objects.delete(
                    files.stream().map(file -> key(file.level(), file.txids())).toList());
        }
    }

    /** The key of a file. */
    public String key(int level, TxidRange txids) {
        return layout.levelPrefix(level) + txids.fileName();
    }

    @Override
    public void close() {
        objects.close();
    }

    @Override
    public String toString() {
        return objects.toString();
    }
}
