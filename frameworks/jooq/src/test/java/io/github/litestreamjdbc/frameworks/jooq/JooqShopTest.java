package io.github.litestreamjdbc.frameworks.jooq;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.litestreamjdbc.driver.LitestreamDriver;
import io.github.litestreamjdbc.frameworks.shop.FlywayMigrations;
import io.github.litestreamjdbc.frameworks.shop.Shop;
import io.github.litestreamjdbc.frameworks.shop.ShopContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jooq.codegen.GenerationTool;
import org.jooq.exception.DataChangedException;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.Target;
import org.junit.jupiter.api.Test;

class JooqShopTest extends ShopContract {
    @Override
    protected Shop open(String url) {
        return new JooqShop(url);
    }

    @Override
    protected Class<? extends Throwable> staleVersion() {
        return DataChangedException.class;
    }

    /** jOOQ takes the driver class from the URL's beginning, which it does not know. */
    @Test
    void codeIsGeneratedThroughOurUrlAsThroughPlainSqlites() throws Exception {
        new FlywayMigrations(replicated());
        Path generated = directory.resolve("generated");
        String url = replicated();
        String tables = getClass().getPackageName() + ".tables";
        // #jooq-codegen
        GenerationTool.generate(new Configuration()
                .withLogging(Logging.WARN)
                .withJdbc(new Jdbc().withUrl(url).withDriver(LitestreamDriver.class.getName()))
                .withGenerator(new Generator()
                        .withDatabase(new Database()
                                .withIncludes("customer|purchase")
                                .withRecordVersionFields("version")
                                .withIncludeIndexes(false))
                        .withTarget(new Target().withPackageName(tables).withDirectory(generated.toString()))));
        // #end
        assertThat(sources(generated)).isNotEmpty().isEqualTo(sources(Path.of("target/generated-sources/jooq")));
    }

    private static Map<String, String> sources(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .collect(Collectors.toMap(file -> root.relativize(file).toString(), JooqShopTest::text));
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
