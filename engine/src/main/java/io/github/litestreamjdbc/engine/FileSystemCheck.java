package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.spi.LogLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * Whether SQLite's WAL works on the file system that a database is on. Over a network it does not: the memory that its
 * processes share is not shared there, and locks are not to be relied on.
 */
final class FileSystemCheck {
    private static final System.Logger LOG = System.getLogger(FileSystemCheck.class.getName());

    private static final Set<String> NETWORK = Set.of(
            "nfs",
            "nfs4",
            "cifs",
            "smbfs",
            "smb2",
            "smb3",
            "afs",
            "afpfs",
            "ncpfs",
            "ceph",
            "lustre",
            "beegfs",
            "gpfs",
            "fuse.ceph",
            "fuse.ceph-fuse",
            "fuse.glusterfs",
            "fuse.sshfs",
            "fuse.s3fs");

    private FileSystemCheck() {}

    /** What a type of file system means for a database. */
    enum Verdict {
        /** It works. */
        LOCAL,
        /** It may be a disk of another machine, or one that goes with a container. */
        DOUBTFUL,
        /** It is a disk of another machine. */
        NETWORK
    }

    /** The verdict on a type as {@link java.nio.file.FileStore#type} tells it. Pure. */
    static Verdict of(String type) {
        String name = type.toLowerCase(Locale.ROOT);
        if (NETWORK.contains(name) || name.startsWith("smb")) {
            return Verdict.NETWORK;
        }
        // Sandboxes show local disks as 9p too; an image layer gives the file another inode with its first write.
        return name.equals("9p") || name.equals("overlay") || name.startsWith("fuse")
                ? Verdict.DOUBTFUL
                : Verdict.LOCAL;
    }

    /**
     * Refuses a database on a network file system, and warns of one on a doubtful one. Opens nothing.
     *
     * @param database a file, or one that does not exist yet
     */
    static void check(Path database) throws ReplicationException {
        String type;
        try {
            Path there = Files.exists(database) ? database : database.getParent();
            if (there == null || !Files.exists(there)) {
                return;
            }
            type = Files.getFileStore(there).type();
        } catch (IOException | SecurityException unknown) {
            // What cannot be told is not held against it.
            return;
        }
        check(database, type);
    }

    static void check(Path database, String type) throws ReplicationException {
        switch (of(type)) {
            case NETWORK ->
                throw new ReplicationException.Config("database '" + database + "' is on a file system of type "
                        + type
                        + ", which is another machine's disk: SQLite's WAL does not work there, and commits would be"
                        + " lost. Put the database on a local disk; the replica may be anywhere");
            case DOUBTFUL ->
                LOG.log(
                        System.Logger.Level.WARNING,
                        LogLine.of("path", database)
                                .with("file-system", type)
                                .says(
                                        "SQLite's WAL works there only if all processes that open the database are on this"
                                                + " machine, and a container's own layer goes with the container"));
            case LOCAL -> {}
        }
    }
}
