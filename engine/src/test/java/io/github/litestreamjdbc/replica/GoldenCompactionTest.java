package io.github.litestreamjdbc.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.DirectoryStore;
import io.github.litestreamjdbc.spi.FileModes;
import io.github.litestreamjdbc.spi.KeyLayout;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import io.github.litestreamjdbc.testing.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Litestream merged, merged again by us from the same inputs. */
class GoldenCompactionTest {
    @TempDir
    private Path directory;

    private record Merged(LtxHeader header, List<Integer> pages) {}

    @Test
    void mergesOfLitestreamsFilesAreWhatItsOwnCompactionGave() throws Exception {
        int levelOne = 0;
        int above = 0;
        for (Golden.Case golden : Golden.load().cases()) {
            Path root = directory.resolve(golden.name());
            Path meta = Files.createDirectories(directory.resolve(golden.name() + "-meta"));
            golden.copyTo(Files.createDirectories(root));
            LtxStore replica = new LtxStore(new DirectoryStore(root, FileModes.PRIVATE, true), KeyLayout.DIRECTORY);
            LocalLtx local = new LocalLtx(new DirectoryStore(meta, FileModes.PRIVATE, true), PageEncoding.BLOCK);
            Compactor compactor = new Compactor(replica, local, meta, PageEncoding.BLOCK);
            for (LtxFile theirs : mergedFiles(replica)) {
                Optional<CompactionPlan> plan = plan(replica, theirs);
                if (plan.isEmpty()) {
                    continue;
                }
                Path file = root.resolve(replica.key(theirs.level(), theirs.txids()));
                Merged expected = read(file);
                Files.delete(file);
                LtxFile ours = compactor.compact(plan.get());
                String what = golden.name() + " " + theirs;
                assertThat(read(file)).as(what).isEqualTo(expected);
                assertThat(ours.txids()).as(what).isEqualTo(theirs.txids());
                assertThat(ours.created().toEpochMilli())
                        .as(what)
                        .isEqualTo(expected.header().timestampMillis());
                assertThat(Files.getLastModifiedTime(file).toMillis())
                        .as(what)
                        .isEqualTo(theirs.created().toEpochMilli());
                levelOne += theirs.level() == 1 ? 1 : 0;
                above += theirs.level() > 1 ? 1 : 0;
            }
        }
        assertThat(levelOne).as("merges from level 0").isGreaterThan(10);
        assertThat(above).as("merges of merged files").isGreaterThan(3);
    }

    /** Lower levels first, so that the next one is made of ours. */
    private static List<LtxFile> mergedFiles(LtxStore replica) throws IOException {
        return replica.listAll().stream()
                .filter(file -> file.level() > 0 && file.level() < LtxStore.SNAPSHOT_LEVEL)
                .sorted(Comparator.comparingInt(LtxFile::level))
                .toList();
    }

    /** The files of the level below that make up this one, if they are there. */
    private static Optional<CompactionPlan> plan(LtxStore replica, LtxFile merged) throws IOException {
        List<LtxFile> inputs = replica.list(merged.level() - 1).stream()
                .filter(file -> Txid.compare(file.txids().min(), merged.txids().min()) >= 0
                        && Txid.compare(file.txids().max(), merged.txids().max()) <= 0)
                .toList();
        boolean inARow = IntStream.range(1, inputs.size())
                .allMatch(i ->
                        inputs.get(i).txids().min() == inputs.get(i - 1).txids().max() + 1);
        CompactionPlan plan = new CompactionPlan(merged.level(), inputs);
        return !inputs.isEmpty() && inARow && plan.txids().equals(merged.txids())
                ? Optional.of(plan)
                : Optional.empty();
    }

    private static Merged read(Path file) throws IOException {
        List<Integer> pages = new ArrayList<>();
        try (LtxReader reader =
                new LtxReader(file.getFileName().toString(), new ByteArrayInputStream(Files.readAllBytes(file)))) {
            while (reader.next()) {
                pages.add((int) reader.pgno());
                pages.add(Arrays.hashCode(reader.page()));
            }
            assertThat(reader.trailer().postApplyChecksum()).isZero();
            return new Merged(reader.header(), pages);
        }
    }
}
