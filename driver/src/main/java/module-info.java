/**
 * The JDBC driver for {@code jdbc:litestream:sqlite:} URLs. What Flyway and Liquibase look for is in {@code META-INF/services}
 * only: to provide a service whose module is absent keeps the JVM from starting.
 */
module io.github.litestreamjdbc.driver {
    requires transitive io.github.litestreamjdbc.engine;
    requires transitive java.sql;
    requires org.xerial.sqlitejdbc;
    requires static flyway.core;
    requires static liquibase.core;
    requires static micrometer.core;
    requires static spring.boot;
    requires static spring.boot.actuator;
    requires static spring.boot.autoconfigure;
    requires static spring.boot.health;
    requires static spring.context;
    requires static spring.core;

    exports io.github.litestreamjdbc.driver;
    exports io.github.litestreamjdbc.micrometer;

    opens io.github.litestreamjdbc.flyway;
    opens io.github.litestreamjdbc.liquibase;
    opens io.github.litestreamjdbc.spring;

    provides java.sql.Driver with
            io.github.litestreamjdbc.driver.LitestreamDriver;
}
