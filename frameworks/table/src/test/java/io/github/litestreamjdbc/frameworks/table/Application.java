package io.github.litestreamjdbc.frameworks.table;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * An application and what it is made of.
 *
 * @param module where it is
 * @param sources where its sources are, if not in the module
 * @param test its test class
 * @param artifacts those whose versions matter, the framework first
 * @param line what it needs besides the URL, as it stands in its sources; empty if nothing
 */
record Application(String module, String sources, String test, List<String> artifacts, String line) {
    /** Spring Boot 3 manages a sqlite-jdbc that is too old. */
    static final String NEWER_SQLITE = "<sqlite-jdbc.version>3.54.1.0</sqlite-jdbc.version>";

    static final List<Application> ALL = List.of(
            new Application(
                    "spring-boot-4",
                    "spring-boot",
                    "spring.ShopTest",
                    List.of(
                            "spring-boot",
                            "spring-data-jpa",
                            "hibernate-core",
                            "flyway-core",
                            "sqlite-jdbc",
                            "HikariCP"),
                    ""),
            new Application(
                    "spring-boot-4",
                    "spring-boot",
                    "spring.LiquibaseShopTest",
                    List.of(
                            "spring-boot",
                            "spring-data-jpa",
                            "hibernate-core",
                            "liquibase-core",
                            "sqlite-jdbc",
                            "HikariCP"),
                    ""),
            new Application(
                    "spring-boot-3",
                    "spring-boot",
                    "spring.ShopTest",
                    List.of(
                            "spring-boot",
                            "spring-data-jpa",
                            "hibernate-core",
                            "flyway-core",
                            "sqlite-jdbc",
                            "HikariCP"),
                    NEWER_SQLITE),
            new Application(
                    "spring-boot-3",
                    "spring-boot",
                    "spring.LiquibaseShopTest",
                    List.of(
                            "spring-boot",
                            "spring-data-jpa",
                            "hibernate-core",
                            "liquibase-core",
                            "sqlite-jdbc",
                            "HikariCP"),
                    NEWER_SQLITE),
            new Application(
                    "hibernate-7",
                    "hibernate",
                    "hibernate.HibernateShopTest",
                    List.of("hibernate-core", "flyway-core"),
                    ""),
            new Application(
                    "hibernate-6",
                    "hibernate",
                    "hibernate.HibernateShopTest",
                    List.of("hibernate-core", "flyway-core"),
                    ""),
            new Application("jooq", "jooq", "jooq.JooqShopTest", List.of("jooq", "flyway-core", "HikariCP"), ""),
            new Application("mybatis", "mybatis", "mybatis.MyBatisShopTest", List.of("mybatis", "liquibase-core"), ""),
            new Application("jdbi", "jdbi", "jdbi.JdbiShopTest", List.of("jdbi3-core", "flyway-core", "HikariCP"), ""),
            new Application(
                    "exposed",
                    "exposed",
                    "exposed.ExposedShopTest",
                    List.of("exposed-jdbc", "flyway-core"),
                    "Database.registerJdbcDriver(\"jdbc:litestream:sqlite\","
                            + " LitestreamDriver::class.java.name, \"SQLite\")"));

    Path report() {
        return Path.of("..", module, "target", "surefire-reports")
                .resolve("TEST-io.github.litestreamjdbc.frameworks." + test + ".xml");
    }

    /** What the application is made of, without its tests. */
    String text() throws IOException {
        StringBuilder text = new StringBuilder(Files.readString(Path.of("..", module, "pom.xml")));
        try (Stream<Path> files = Files.walk(Path.of("..", sources, "src", "test"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.getFileName().toString().matches(".*Test\\.(java|kt)")) {
                    text.append(Files.readString(file));
                }
            }
        }
        return text.toString();
    }

    /** A line of the table. */
    String row(TestReport report) {
        String versions = artifacts.stream()
                .map(artifact -> "`" + artifact + "` " + report.versionOf(artifact))
                .reduce((one, other) -> one + ", " + other)
                .orElseThrow();
        return "| "
                + String.join(
                        " | ",
                        versions,
                        report.resultOf("worksOnPlainSqlite"),
                        report.resultOf("worksReplicated"),
                        report.resultOf("isKilledRestoredAndGoesOn"),
                        report.others(),
                        line.isEmpty() ? "none" : "`" + line + "`")
                + " |\n";
    }
}
