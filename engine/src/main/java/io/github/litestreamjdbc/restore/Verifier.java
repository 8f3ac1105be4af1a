package io.github.litestreamjdbc.restore;

import io.github.litestreamjdbc.api.History;
import io.github.litestreamjdbc.api.ReplicaFile;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.api.Verification;
import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.ltx.Txid;
import io.github.litestreamjdbc.spi.ObjectNotFoundException;
import io.github.litestreamjdbc.spi.StoredObject;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;

/**
 * Reads every file of a replica to its end, several at once; what Litestream 0.3 left is put together in a temporary file.
 * Used by one thread.
 */
public final class Verifier {
    private final LtxStore replica;

    public Verifier(LtxStore replica) {
        this.replica = replica;
    }

    /**
     * Verifies.
     *
     * @param parallelism files read at once
     * @throws IOException if the replica cannot be read
     */
    public Verification verify(int parallelism) throws IOException {
        List<LtxFile> listing = replica.listAll();
        List<Future<Optional<String>>> reads = new ArrayList<>();
        List<LtxFile> good = new ArrayList<>();
        List<Verification.Damage> damages = new ArrayList<>();
        try (Workers workers = new Workers("litestream-verify", parallelism)) {
            for (LtxFile file : listing) {
                reads.add(workers.submit(() -> damage(file)));
            }
            for (int i = 0; i < listing.size(); i++) {
                LtxFile file = listing.get(i);
                Optional<String> damage = gone(reads.get(i));
                if (damage == null) {
                    continue;
                }
                damage.ifPresentOrElse(
                        reason -> damages.add(new Verification.Damage(ReplicaFiles.of(file), reason)),
                        () -> good.add(file));
            }
        }
        History left = RestorePoints.of(good);
        List<History.Point> lost = new ArrayList<>(RestorePoints.of(listing).points());
        lost.removeIf(point -> left.points().stream().anyMatch(other -> other.txid() == point.txid()));
        long bytes = listing.stream().mapToLong(LtxFile::sizeBytes).sum();
        List<Verification.GenerationCheck> generations = checkGenerations();
        for (Verification.GenerationCheck check : generations) {
            bytes += check.generation().bytes();
        }
        return new Verification(
                listing.size()
                        + generations.stream()
                                .mapToInt(check -> check.generation().files())
                                .sum(),
                bytes,
                damages,
                left,
                damages.isEmpty() ? List.of() : lost,
                generations);
    }

    /**
     * Reads what is newest and forgets it. Whoever is to restore soon has the classes loaded then and the connections open,
     * which takes longer than a small restore itself. What is damaged is of no interest.
     *
     * @param parallelism files read at once
     * @param mostBytes read in all
     */
    public void rehearse(int parallelism, long mostBytes) throws IOException {
        List<LtxFile> newestFirst =
                new ArrayList<>(Listing.of(replica, false, parallelism).files());
        newestFirst.sort(Comparator.comparing((LtxFile file) -> file.txids().max(), Txid::compare)
                .reversed());
        List<Future<Optional<String>>> reads = new ArrayList<>();
        long bytes = 0;
        try (Workers workers = new Workers("litestream-rehearse", parallelism)) {
            for (LtxFile file : newestFirst) {
                bytes += file.sizeBytes();
                if (bytes > mostBytes) {
                    break;
                }
                reads.add(workers.submit(() -> damage(file)));
            }
            for (Future<Optional<String>> read : reads) {
                gone(read);
            }
        }
    }

    /** Only putting a state together shows whether every piece of WAL is there and fits. */
    private List<Verification.GenerationCheck> checkGenerations() throws IOException {
        List<StoredObject> objects = replica.listGenerations();
        List<Verification.GenerationCheck> checks = new ArrayList<>();
        for (V03Plan plan : V03Plan.ofEachGeneration(objects)) {
            Path file = Files.createTempFile("litestream-verify", ".db");
            String damage = "";
            try {
                new V03Image(replica, file, read -> {}).build(plan);
            } catch (ReplicationException.Corrupt e) {
                damage = e.getMessage();
            } catch (ReplicationException e) {
                throw new IOException(e.getMessage(), e);
            } finally {
                Files.delete(file);
            }
            checks.add(new Verification.GenerationCheck(plan.generation(objects), damage));
        }
        return checks;
    }

    /** Null if the file has gone since: retention deleted it. */
    private static Optional<String> gone(Future<Optional<String>> read) throws IOException {
        try {
            return Workers.await(read);
        } catch (ObjectNotFoundException gone) {
            return null;
        }
    }

    private Optional<String> damage(LtxFile file) throws IOException {
        try (InputStream content = replica.open(file);
                LtxReader reader = new LtxReader(file.txids().fileName(), content)) {
            while (reader.next()) {
                // Reading verifies.
            }
            return Optional.empty();
        } catch (LtxFormatException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Conversion for those who see values only. */
    public static final class ReplicaFiles {
        private ReplicaFiles() {}

        /** The file as the API shows it. */
        public static ReplicaFile of(LtxFile file) {
            return new ReplicaFile(
                    file.level(), file.txids().min(), file.txids().max(), file.sizeBytes(), file.created());
        }
    }
}
