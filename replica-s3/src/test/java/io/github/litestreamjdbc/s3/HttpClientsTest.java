package io.github.litestreamjdbc.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which HTTP client is taken when not every one is on the class path. */
class HttpClientsTest {
    private static final String APACHE = "/(apache5-client|httpclient5|httpcore5)[^/]*\\.jar";
    private static final String SMALL = "/url-connection-client[^/]*\\.jar";

    /** The test's class path without some jars. */
    private static URLClassLoader without(String jars) throws MalformedURLException {
        List<URL> left = new ArrayList<>();
        boolean hidden = false;
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator))) {
            if (Pattern.compile(jars).matcher(entry.replace('\\', '/')).find()) {
                hidden = true;
            } else {
                left.add(Path.of(entry).toUri().toURL());
            }
        }
        assertThat(hidden).as("there was something to hide").isTrue();
        return new URLClassLoader(left.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    private static String built(ClassLoader loader) throws Exception {
        Method build = loader.loadClass(HttpClients.class.getName()).getDeclaredMethod("build", boolean.class);
        build.setAccessible(true);
        try (AutoCloseable client = (AutoCloseable) build.invoke(null, false)) {
            return client.getClass().getSimpleName();
        }
    }

    @Test
    void apachesClientIsTakenWhereItIs() throws Exception {
        try (URLClassLoader loader = without(SMALL)) {
            assertThat(built(loader)).isEqualTo("Apache5HttpClient");
        }
    }

    @Test
    void withoutItTheSmallOneIsTaken() throws Exception {
        try (URLClassLoader loader = without(APACHE)) {
            assertThat(built(loader)).isEqualTo("UrlConnectionHttpClient");
        }
    }

    @Test
    void withoutAnyTheErrorNamesWhatToAdd() throws Exception {
        try (URLClassLoader loader = without(APACHE + "|" + SMALL)) {
            assertThatThrownBy(() -> built(loader))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .hasMessageContaining("there is no HTTP client for S3")
                    .hasMessageContaining("software.amazon.awssdk:apache5-client")
                    .hasMessageContaining("software.amazon.awssdk:url-connection-client");
        }
    }
}
