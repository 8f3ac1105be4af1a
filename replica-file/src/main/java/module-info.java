/** Replicas in directories. */
module io.github.litestreamjdbc.file {
    requires io.github.litestreamjdbc.engine;

    provides io.github.litestreamjdbc.spi.ObjectStoreProvider with
            io.github.litestreamjdbc.file.FileStoreProvider;
}
