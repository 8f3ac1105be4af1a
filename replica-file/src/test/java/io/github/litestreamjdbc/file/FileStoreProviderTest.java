package io.github.litestreamjdbc.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.litestreamjdbc.spi.ObjectStore;
import io.github.litestreamjdbc.spi.ObjectStoreProvider;
import io.github.litestreamjdbc.spi.StoreConfigurationException;
import io.github.litestreamjdbc.spi.StoreRequest;
import io.github.litestreamjdbc.testing.ObjectStoreContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreProviderTest extends ObjectStoreContract {
    @TempDir
    private Path directory;

    @Override
    protected ObjectStore open() throws Exception {
        return open(directory.resolve("replica").toUri().toString());
    }

    private ObjectStore open(String url) throws Exception {
        return new FileStoreProvider().open(new StoreRequest(url, directory.resolve("app.db"), false, Map.of()));
    }

    @Test
    void isFoundByItsScheme() {
        assertThat(ServiceLoader.load(ObjectStoreProvider.class))
                .anySatisfy(provider -> assertThat(provider.schemes()).containsExactly("file"));
    }

    @Test
    void understandsTheFormsOfFileUrls() throws Exception {
        assertThat(open("file:///backup/app")).hasToString("/backup/app");
        assertThat(open("file:/backup/app")).hasToString("/backup/app");
        assertThat(open("file:///backup/my%20app")).hasToString("/backup/my app");
        assertThat(open("file:rel/dir"))
                .hasToString(Path.of("rel/dir").toAbsolutePath().toString());
        assertThat(open("file:rel%20x/dir"))
                .hasToString(Path.of("rel x/dir").toAbsolutePath().toString());
    }

    @Test
    void refusesWhatIsNoDirectoryNamingTheUrl() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "x");
        for (String url : List.of(
                "file:",
                "file://",
                "file://host/share",
                "file:///a?b=c",
                "file:///a#b",
                "file:///a b",
                file.toUri().toString())) {
            assertThatThrownBy(() -> open(url))
                    .isInstanceOf(StoreConfigurationException.class)
                    .hasMessageContaining("replica=" + url);
        }
    }

    @Test
    void createsNothingBeforeTheFirstPut() throws Exception {
        Path replica = directory.resolve("lazy");
        try (ObjectStore lazy = open(replica.toUri().toString())) {
            lazy.list("", "", object -> {});
            assertThat(replica).doesNotExist();
        }
    }

    @Test
    void takesItsModesFromTheDatabase() throws Exception {
        Path database = Files.writeString(directory.resolve("app.db"), "");
        Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-r-----"));
        try (ObjectStore like = open(directory.resolve("like").toUri().toString())) {
            like.put("a", body("x"), CREATED, io.github.litestreamjdbc.spi.Precondition.IF_ABSENT);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("like/a"))))
                .isEqualTo("rw-r-----");
    }
}
