package io.github.litestreamjdbc.replica;

import io.github.litestreamjdbc.api.PageEncoding;
import io.github.litestreamjdbc.capture.LocalLtx;
import io.github.litestreamjdbc.ltx.LtxFormatException;
import io.github.litestreamjdbc.ltx.LtxHeader;
import io.github.litestreamjdbc.ltx.LtxMerge;
import io.github.litestreamjdbc.ltx.LtxReader;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import io.github.litestreamjdbc.spi.PreconditionFailedException;
import io.github.litestreamjdbc.store.LtxFile;
import io.github.litestreamjdbc.store.LtxStore;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Merges files into one of the next level. Level-0 files that are still on this machine are not downloaded; others are
 * copied here first, so that no connection waits on a merge. Used by the maintenance thread.
 */
final class Compactor {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final LtxStore replica;
    private final LocalLtx local;
    private final Path metaPath;
    private final PageEncoding encoding;

    Compactor(LtxStore replica, LocalLtx local, Path metaPath, PageEncoding encoding) {
        this.replica = replica;
        this.local = local;
        this.metaPath = metaPath;
        this.encoding = encoding;
    }

    /** The replica has another file of that name that holds something else: another writer is at work. */
    static final class OtherContentException extends IOException {
        private static final long serialVersionUID = 1L;

        OtherContentException(String message) {
            super(message);
        }
    }

    /** An input cannot be read. */
    static final class DamagedInputException extends IOException {
        private static final long serialVersionUID = 1L;
        private final transient LtxFile file;

        DamagedInputException(LtxFile file, LtxFormatException cause) {
            super(cause.getMessage(), cause);
            this.file = file;
        }

        LtxFile file() {
            return file;
        }
    }

    /**
     * Merges and puts the result.
     *
     * @throws io.github.litestreamjdbc.spi.ObjectNotFoundException if an input has gone
     */
    LtxFile compact(CompactionPlan plan) throws IOException {
        try {
            return compact(plan, true);
        } catch (LtxFormatException e) {
            // The disk may have changed a local copy; the replica's counts.
            try {
                return compact(plan, false);
            } catch (LtxFormatException again) {
                throw blame(plan, again);
            }
        }
    }

    private LtxFile compact(CompactionPlan plan, boolean useLocal) throws IOException {
        List<Path> copies = new ArrayList<>();
        Path merged = temporary("merge-");
        try {
            List<Path> inputs = new ArrayList<>();
            for (LtxFile file : plan.inputs()) {
                inputs.add(useLocal ? localCopy(file).orElse(null) : null);
                if (inputs.get(inputs.size() - 1) == null) {
                    copies.add(download(file));
                    inputs.set(inputs.size() - 1, copies.get(copies.size() - 1));
                }
            }
            LtxHeader header = merge(plan, inputs, merged);
            return put(plan, header, merged);
        } finally {
            Files.deleteIfExists(merged);
            for (Path copy : copies) {
                Files.deleteIfExists(copy);
            }
        }
    }

    private LtxHeader merge(CompactionPlan plan, List<Path> inputs, Path merged) throws IOException {
        List<LtxReader> readers = new ArrayList<>();
        try (OutputStream out = Files.newOutputStream(merged)) {
            for (int i = 0; i < inputs.size(); i++) {
                LtxFile file = plan.inputs().get(i);
                readers.add(open(file, inputs.get(i)));
            }
            return LtxMerge.merge(readers, out, encoding);
        } finally {
            for (LtxReader reader : readers) {
                reader.close();
            }
        }
    }

    private static LtxReader open(LtxFile file, Path copy) throws IOException {
        InputStream in = Files.newInputStream(copy);
        try {
            LtxReader reader = new LtxReader(file.txids().fileName(), in);
            if (!reader.header().txids().equals(file.txids())) {
                throw new LtxFormatException(
                        file.txids().fileName(),
                        16,
                        "its header says " + reader.header().txids().fileName());
            }
            return reader;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private LtxFile put(CompactionPlan plan, LtxHeader header, Path merged) throws IOException {
        Instant created = Instant.ofEpochMilli(header.timestampMillis());
        LtxFile file = new LtxFile(plan.level(), plan.txids(), Files.size(merged), created);
        try {
            replica.put(file.level(), file.txids(), ObjectBody.of(merged), created, Precondition.IF_ABSENT);
            return file;
        } catch (PreconditionFailedException taken) {
            return existing(file, merged);
        }
    }

    /** An earlier attempt of ours, or Litestream's own merge: the same pages, whatever their encoding. */
    private LtxFile existing(LtxFile ours, Path merged) throws IOException {
        LtxFile theirs = replica.list(ours.level(), ours.txids().min()).stream()
                .filter(file -> file.txids().equals(ours.txids()))
                .findFirst()
                .orElseThrow(() -> new IOException(
                        replica + ": " + ours.txids().fileName() + " at level " + ours.level() + " came and went"));
        Path copy = download(theirs);
        try (LtxReader one = open(ours, merged);
                LtxReader other = open(theirs, copy)) {
            if (!samePages(one, other)) {
                throw new OtherContentException(
                        replica + " already has " + ours.txids().fileName() + " at level " + ours.level()
                                + " with other contents: another writer uses it");
            }
            return theirs;
        } finally {
            Files.deleteIfExists(copy);
        }
    }

    private static boolean samePages(LtxReader one, LtxReader other) throws IOException {
        if (one.header().commitPages() != other.header().commitPages()
                || one.header().pageSize() != other.header().pageSize()) {
            return false;
        }
        boolean same = true;
        boolean more = true;
        while (more) {
            more = one.next();
            if (other.next() != more) {
                return false;
            }
            same &= !more || (one.pgno() == other.pgno() && Arrays.equals(one.page(), other.page()));
        }
        return same;
    }

    private Optional<Path> localCopy(LtxFile file) throws IOException {
        if (file.level() != 0) {
            return Optional.empty();
        }
        Path copy = local.path(file.txids().max());
        return Files.exists(copy) && Files.size(copy) == file.sizeBytes() ? Optional.of(copy) : Optional.empty();
    }

    private Path download(LtxFile file) throws IOException {
        Path copy = temporary("input-");
        try (InputStream in = new BufferedInputStream(replica.open(file), BUFFER_BYTES)) {
            Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
            return copy;
        } catch (IOException e) {
            Files.deleteIfExists(copy);
            throw e;
        }
    }

    private Path temporary(String prefix) throws IOException {
        return Files.createTempFile(metaPath, prefix, ".tmp");
    }

    /** Finds the input that breaks a rule by itself; if none does, it is the last one, which does not fit the others. */
    private IOException blame(CompactionPlan plan, LtxFormatException failure) throws IOException {
        for (LtxFile file : plan.inputs()) {
            Path copy = download(file);
            try (LtxReader reader = open(file, copy)) {
                while (reader.next()) {
                    // Checksums are verified on the way.
                }
            } catch (LtxFormatException e) {
                return new DamagedInputException(file, e);
            } finally {
                Files.deleteIfExists(copy);
            }
        }
        return new DamagedInputException(plan.inputs().get(plan.inputs().size() - 1), failure);
    }
}
