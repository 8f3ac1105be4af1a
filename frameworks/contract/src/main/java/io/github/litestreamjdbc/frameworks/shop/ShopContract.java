package io.github.litestreamjdbc.frameworks.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same application and the same tests on both URLs; on ours it is killed, restored and goes on. */
public abstract class ShopContract {
    private static final String SQLITE = "busy_timeout=5000&transaction_mode=IMMEDIATE";

    /** Everything of a test is in here. */
    @TempDir
    protected Path directory;

    /** Opens the shop on the database of this URL, and makes or updates its tables. Also called in other JVMs. */
    protected abstract Shop open(String url) throws Exception;

    /** What the framework throws when somebody else has changed what is to be written. */
    protected abstract Class<? extends Throwable> staleVersion();

    /** The database file. */
    protected final Path database() {
        return directory.resolve("shop.db");
    }

    /** The URL without replication. */
    protected final String plain() {
        return "jdbc:sqlite:" + database() + "?" + SQLITE;
    }

    /** Ours. */
    protected final String replicated() {
        return "jdbc:litestream:sqlite:" + database() + "?replica=file:" + directory.resolve("replica")
                + "&restore=if-missing&linger=0&" + SQLITE;
    }

    @Test
    protected void worksOnPlainSqlite() throws Exception {
        works(plain());
    }

    @Test
    protected void worksReplicated() throws Exception {
        works(replicated());
    }

    private void works(String url) throws Exception {
        try (Shop shop = open(url)) {
            assertThat(shop.migrations()).containsExactly("1", "2");
            entitiesWithRelationsComeBack(shop);
            failedTransactionLeavesNothing(shop);
            pagesAreSortedAndCounted(shop);
            staleVersionIsRefused(shop);
        }
        try (Shop shop = open(url)) {
            assertThat(shop.migrations()).containsExactly("1", "2");
            assertThat(shop.count()).isEqualTo(60);
        }
    }

    private static void entitiesWithRelationsComeBack(Shop shop) {
        shop.sell("Ada", 1, 50);
        shop.sell("Ada", 51, 10);
        shop.sell("Eve", 61, 0);
        assertThat(shop.salesOf("Ada"))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 60).mapToObj(Sale::of).toList());
        assertThat(shop.salesOf("Eve")).isEmpty();
        assertThat(shop.sale(7)).contains(new Sale(7, "article 7", 1));
        assertThat(shop.sale(61)).isEmpty();
    }

    private static void failedTransactionLeavesNothing(Shop shop) {
        assertThatThrownBy(() -> shop.sellAndFail("Bob", 100))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("out of stock");
        assertThat(shop.knows("Bob")).isFalse();
        assertThat(shop.count()).isEqualTo(60);
    }

    private static void pagesAreSortedAndCounted(Shop shop) {
        assertThat(shop.salesAbove(6, 1, 3)).isEqualTo(new SalesPage(8, List.of(34L, 27L, 20L)));
    }

    private void staleVersionIsRefused(Shop shop) {
        Runnable stale = shop.renaming("Ada", "Ada B.");
        shop.renaming("Ada", "Ada L.").run();
        assertThatThrownBy(stale::run).isInstanceOf(staleVersion());
        assertThat(shop.knows("Ada L.")).isTrue();
        assertThat(shop.knows("Ada B.")).isFalse();
        assertThat(shop.salesOf("Ada L.")).hasSize(60);
    }

    @Test
    protected void isKilledRestoredAndGoesOn() throws Exception {
        long replicated = sellUntilKilled(3);
        loseTheMachine();
        long second;
        try (Shop shop = open(replicated())) {
            assertThat(shop.count()).as("sales").isEqualTo(shop.lastId()).isGreaterThanOrEqualTo(replicated);
            assertThat(shop.migrations()).containsExactly("1", "2");
            shop.sell("after the restore", shop.lastId() + 1, 5);
            second = shop.count();
        }
        assertThat(sellUntilKilled(1)).isGreaterThan(second);
    }

    /** Answers up to which sale the replica is known to have everything. */
    private long sellUntilKilled(int reports) throws IOException, InterruptedException {
        Process shop = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BusyShop.class.getName(),
                        getClass().getName(),
                        replicated())
                .redirectError(directory.resolve("errors").toFile())
                .start();
        long last = 0;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(shop.getInputStream(), StandardCharsets.UTF_8))) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("REPLICATED ")) {
                    last = Long.parseLong(line.substring("REPLICATED ".length()));
                    if (++seen == reports) {
                        shop.toHandle().destroyForcibly();
                    }
                }
            }
            assertThat(seen).as(Files.readString(directory.resolve("errors"))).isGreaterThanOrEqualTo(reports);
        } finally {
            shop.destroyForcibly().waitFor();
        }
        return last;
    }

    private void loseTheMachine() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                String name = directory.relativize(path).toString();
                if (name.startsWith("shop.db") || name.startsWith(".shop.db-litestream")) {
                    Files.delete(path);
                }
            }
        }
    }
}
