package io.github.litestreamjdbc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.api.ReplicationException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileSystemCheckTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nfs",
                "nfs4",
                "NFS4",
                "cifs",
                "smbfs",
                "smb3",
                "smbx",
                "fuse.sshfs",
                "afpfs",
                "ceph",
                "fuse.ceph-fuse",
                "fuse.glusterfs",
                "lustre"
            })
    void networkFileSystemIsRefusedInWordsThatHelp(String type) {
        assertThatThrownBy(() -> FileSystemCheck.check(Path.of("/data/app.db"), type))
                .isInstanceOf(ReplicationException.Config.class)
                .hasMessageContaining("/data/app.db")
                .hasMessageContaining("type " + type)
                .hasMessageContaining("local disk");
    }

    @ParameterizedTest
    @ValueSource(strings = {"9p", "overlay", "fuse.gocryptfs", "fuseblk"})
    void doubtfulFileSystemIsAWarning(String type) {
        assertThat(FileSystemCheck.of(type)).isEqualTo(FileSystemCheck.Verdict.DOUBTFUL);
        assertThatCode(() -> FileSystemCheck.check(Path.of("/data/app.db"), type))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs", "zfs", "tmpfs", "apfs", "NTFS", "f2fs", ""})
    void localFileSystemIsTaken(String type) {
        assertThat(FileSystemCheck.of(type)).isEqualTo(FileSystemCheck.Verdict.LOCAL);
    }

    @Test
    void fileThatDoesNotExistYetIsJudgedByItsDirectory() {
        Path file = directory.resolve("app.db");
        assertThatCode(() -> FileSystemCheck.check(file)).doesNotThrowAnyException();
        assertThatCode(() -> FileSystemCheck.check(directory.resolve("missing/app.db")))
                .doesNotThrowAnyException();
        assertThat(Files.exists(file)).isFalse();
    }
}
