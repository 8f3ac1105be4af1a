package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.testing.RuntimeJars;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Run-time dependencies do not grow unnoticed. */
class RuntimeDependenciesTest {
    @Test
    void jarsAreThoseThatTheDocumentationLists() throws Exception {
        Map<String, Long> jars = RuntimeJars.resolved();
        assertThat(jars).isEqualTo(RuntimeJars.documented("`litestream-jdbc`"));
        assertThat(RuntimeJars.documentsTotal(jars)).as("total of %s", jars).isTrue();
    }

    @Test
    void nothingOfTheAwsSdkComesWithTheDriver() throws Exception {
        assertThat(RuntimeJars.resolved().keySet()).noneMatch(jar -> jar.matches("(aws|s3|sdk|http|netty).*"));
    }
}
