package io.github.litestreamjdbc.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.spi.FetchedObject;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.spi.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} must do. A store's test extends this class. */
public abstract class ObjectStoreContract {
    /** Litestream's timestamps are in milliseconds. */
    protected static final Instant CREATED = Instant.parse("2026-11-21T06:07:49.263Z");

    protected ObjectStore store;

    /** An empty store. */
    protected abstract ObjectStore open() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
        store.close();
    }

    protected static ObjectBody body(String text) {
        return ObjectBody.of(text.getBytes(StandardCharsets.UTF_8));
    }

    protected StoredObject put(String key, String text) throws IOException {
        return store.put(key, body(text), CREATED, Precondition.NONE);
    }

    protected String get(String key, long offset, long length) throws IOException {
        try (FetchedObject fetched = store.get(key, offset, length)) {
            return new String(fetched.content().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    protected List<String> keys(String prefix, String after) throws IOException {
        List<String> keys = new ArrayList<>();
        store.list(prefix, after, object -> keys.add(object.key()));
        return keys;
    }

    @Test
    void storeThatWasNeverWrittenToListsNothing() throws Exception {
        assertThat(keys("", "")).isEmpty();
        assertThat(keys("ltx/0/", "")).isEmpty();
    }

    @Test
    void givesBackWhatWasPut() throws Exception {
        StoredObject stored = put("ltx/0/a", "hello");
        assertThat(stored.key()).isEqualTo("ltx/0/a");
        assertThat(stored.sizeBytes()).isEqualTo(5);
        assertThat(get("ltx/0/a", 0, Long.MAX_VALUE)).isEqualTo("hello");
        try (FetchedObject fetched = store.get("ltx/0/a", 0, 1)) {
            assertThat(fetched.object().sizeBytes()).isEqualTo(5);
            assertThat(fetched.object().etag()).isEqualTo(stored.etag());
        }
    }

    @Test
    void rangesEndWithTheObject() throws Exception {
        put("a/b", "0123456789");
        assertThat(get("a/b", 3, 4)).isEqualTo("3456");
        assertThat(get("a/b", 8, 100)).isEqualTo("89");
        assertThat(get("a/b", 9, 1)).isEqualTo("9");
    }

    @Test
    void listsInOrderOfTheKeysBytes() throws Exception {
        List<String> all = List.of("l/0/10", "l/0/2", "l/0/A", "l/0/Z", "l/0/a", "l/0/z");
        List<String> shuffled = new ArrayList<>(all);
        java.util.Collections.shuffle(shuffled, new Random(1));
        for (String key : shuffled) {
            put(key, key);
        }
        put("l/1/a", "other");
        assertThat(keys("l/0/", "")).isEqualTo(all);
        assertThat(keys("l/0/", "l/0/A")).isEqualTo(all.subList(3, 6));
        assertThat(keys("l/0/", "l/0/B")).isEqualTo(all.subList(3, 6));
        assertThat(keys("", "")).hasSize(7);
        assertThat(keys("l/2/", "")).isEmpty();
    }

    @Test
    void listingTellsSizeAndCreation() throws Exception {
        put("l/0/a", "12345");
        List<StoredObject> listed = new ArrayList<>();
        store.list("l/0/", "", listed::add);
        assertThat(listed).hasSize(1);
        assertThat(listed.get(0).sizeBytes()).isEqualTo(5);
        assertThat(listed.get(0).created()).isNotNull();
    }

    @Test
    void putReplacesUnlessToldOtherwise() throws Exception {
        StoredObject first = put("a/b", "one");
        StoredObject second = put("a/b", "other");
        assertThat(get("a/b", 0, 100)).isEqualTo("other");
        assertThat(second.etag()).isNotEqualTo(first.etag());
    }

    @Test
    void ifAbsentNeverReplaces() throws Exception {
        store.put("a/b", body("one"), CREATED, Precondition.IF_ABSENT);
        assertThatThrownBy(() -> store.put("a/b", body("two"), CREATED, Precondition.IF_ABSENT))
                .isInstanceOf(PreconditionFailedException.class)
                .hasMessageContaining("a/b");
        assertThat(get("a/b", 0, 100)).isEqualTo("one");
        assertThat(keys("", "")).containsExactly("a/b");
    }

    @Test
    void ifAbsentHasOneWinner() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 10; round++) {
                String key = "race/" + round;
                CountDownLatch together = new CountDownLatch(8);
                List<Future<Boolean>> tries = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    String text = "writer " + i;
                    tries.add(pool.submit(() -> {
                        together.countDown();
                        together.await();
                        try {
                            store.put(key, body(text), CREATED, Precondition.IF_ABSENT);
                            return true;
                        } catch (PreconditionFailedException lost) {
                            return false;
                        }
                    }));
                }
                int winner = -1;
                for (int i = 0; i < 8; i++) {
                    if (tries.get(i).get()) {
                        assertThat(winner).as("second winner").isEqualTo(-1);
                        winner = i;
                    }
                }
                assertThat(get(key, 0, 100)).isEqualTo("writer " + winner);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void ifMatchReplacesOnlyWhatWasSeen() throws Exception {
        StoredObject first = put("a/b", "one");
        StoredObject second = store.put("a/b", body("two!"), CREATED, new Precondition.IfMatch(first.etag()));
        assertThatThrownBy(() -> store.put("a/b", body("three"), CREATED, new Precondition.IfMatch(first.etag())))
                .isInstanceOf(PreconditionFailedException.class);
        assertThatThrownBy(() -> store.put("a/c", body("new"), CREATED, new Precondition.IfMatch(second.etag())))
                .isInstanceOf(PreconditionFailedException.class);
        assertThat(get("a/b", 0, 100)).isEqualTo("two!");
        assertThat(keys("", "")).containsExactly("a/b");
    }

    @Test
    void missingObjectIsNotFound() {
        assertThatThrownBy(() -> store.get("no/such", 0, 1))
                .isInstanceOf(ObjectNotFoundException.class)
                .hasMessageContaining("no/such");
    }

    @Test
    void deletesManyAndMissingOnes() throws Exception {
        for (int i = 0; i < 50; i++) {
            put("d/" + i, "x");
        }
        List<String> keys = keys("d/", "");
        keys.add("d/never");
        keys.remove("d/7");
        store.delete(keys);
        assertThat(keys("d/", "")).containsExactly("d/7");
        store.delete(List.of());
    }

    @Test
    void failedBodyLeavesNothing() {
        ObjectBody broken = new ObjectBody() {
            @Override
            public long lengthBytes() {
                return 10;
            }

            @Override
            public InputStream open() {
                return new InputStream() {
                    private int left = 5;

                    @Override
                    public int read() throws IOException {
                        // Again at every further read: bulk reads swallow the error behind the first bytes.
                        if (left == 0) {
                            throw new IOException("disk error");
                        }
                        left--;
                        return 'x';
                    }
                };
            }
        };
        assertThatThrownBy(() -> store.put("a/b", broken, CREATED, Precondition.NONE))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> store.get("a/b", 0, 1)).isInstanceOf(ObjectNotFoundException.class);
    }

    @Test
    void largeBodyIsTheSameAfterwards() throws Exception {
        byte[] bytes = new byte[9_000_001];
        new Random(7).nextBytes(bytes);
        store.put("big/file", ObjectBody.of(bytes), CREATED, Precondition.IF_ABSENT);
        try (FetchedObject fetched = store.get("big/file", 0, Long.MAX_VALUE)) {
            assertThat(fetched.content().readAllBytes()).isEqualTo(bytes);
        }
    }
}
