/** Replication and restore of SQLite databases as LTX files. */
module io.github.litestreamjdbc.engine {
    requires java.management;
    requires jdk.httpserver;
    requires transitive java.sql;
    requires org.lz4.java;
    requires org.xerial.sqlitejdbc;

    exports io.github.litestreamjdbc.api;
    exports io.github.litestreamjdbc.engine;
    exports io.github.litestreamjdbc.spi;

    uses io.github.litestreamjdbc.api.ReplicationListener;
    uses io.github.litestreamjdbc.spi.ObjectStoreProvider;
}
