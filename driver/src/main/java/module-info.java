/** The JDBC driver for {@code jdbc:litestream:sqlite:} URLs. */
module io.github.litestreamjdbc.driver {
    requires transitive io.github.litestreamjdbc.engine;
    requires transitive java.sql;
    requires org.xerial.sqlitejdbc;

    exports io.github.litestreamjdbc.driver;

    provides java.sql.Driver with
            io.github.litestreamjdbc.driver.LitestreamDriver;
}
