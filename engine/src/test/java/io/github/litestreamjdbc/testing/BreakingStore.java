package io.github.litestreamjdbc.testing;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/** Another store over a bad line: reads of chosen objects break after some bytes. Safe for use by several threads. */
public final class BreakingStore implements ObjectStore {
    private final ObjectStore store;
    private final List<Long> offsets = new ArrayList<>();
    private String broken;
    private int bytes;
    private int times;
    private int open;
    private String watched;
    private Action action;

    /** Something that happens between two requests. */
    @FunctionalInterface
    public interface Action {
        /** Does it. */
        void run() throws IOException;
    }

    /** Over a store that it closes with itself; nothing breaks yet. */
    public BreakingStore(ObjectStore store) {
        this.store = store;
    }

    /** Lets the next reads of objects whose key ends so break, each after so many bytes. */
    public synchronized void breakReads(String keyEnd, int bytes, int times) {
        this.broken = keyEnd;
        this.bytes = bytes;
        this.times = times;
    }

    /** Lets something happen once, before the next read of an object whose key ends so. */
    public synchronized void beforeRead(String keyEnd, Action action) {
        this.watched = keyEnd;
        this.action = action;
    }

    /** Where reads of those objects began. */
    public synchronized List<Long> offsets() {
        return List.copyOf(offsets);
    }

    /** How many reads are not closed. */
    public synchronized int open() {
        return open;
    }

    @Override
    public synchronized FetchedObject get(String key, long offset, long lengthBytes) throws IOException {
        if (watched != null && key.endsWith(watched)) {
            watched = null;
            action.run();
        }
        FetchedObject fetched = store.get(key, offset, lengthBytes);
        open++;
        boolean chosen = broken != null && key.endsWith(broken);
        if (chosen) {
            offsets.add(offset);
        }
        int left = chosen && times-- > 0 ? bytes : Integer.MAX_VALUE;
        return new FetchedObject(fetched.object(), new BreakingStream(fetched.content(), left));
    }

    private final class BreakingStream extends FilterInputStream {
        private int left;
        private boolean closed;

        BreakingStream(InputStream in, int left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            if (left == 0) {
                throw new IOException("the line broke");
            }
            int n = in.read(into, at, Math.min(left, length));
            left -= Math.max(0, n);
            return n;
        }

        @Override
        public void close() throws IOException {
            synchronized (BreakingStore.this) {
                open -= closed ? 0 : 1;
                closed = true;
            }
            super.close();
        }
    }

    @Override
    public void list(String prefix, String after, Consumer<? super StoredObject> visitor) throws IOException {
        store.list(prefix, after, visitor);
    }

    @Override
    public StoredObject put(String key, ObjectBody body, Instant created, Precondition precondition)
            throws IOException {
        return store.put(key, body, created, precondition);
    }

    @Override
    public void delete(Collection<String> keys) throws IOException {
        store.delete(keys);
    }

    @Override
    public void close() {
        store.close();
    }

    @Override
    public String toString() {
        return store.toString();
    }
}
