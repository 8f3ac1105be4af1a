package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.ReplicationStatus;
import io.github.litestreamjdbc.engine.Replication;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import org.sqlite.Function;

/** A SQL function without arguments that tells how replication is doing. Does no I/O. */
final class ReadingFunction extends Function {
    private static final String TXID_FORMAT = "%016x";

    private enum Reading {
        LITESTREAM_TXID,
        LITESTREAM_REPLICATED_TXID,
        LITESTREAM_LAG_MS,
        LITESTREAM_STATUS,
        LITESTREAM_HEALTH
    }

    private final Replication replication;
    private final Reading reading;

    private ReadingFunction(Replication replication, Reading reading) {
        this.replication = replication;
        this.reading = reading;
    }

    /** Adds all of them to a connection. */
    static void addTo(Connection connection, Replication replication) throws SQLException {
        for (Reading reading : Reading.values()) {
            Function.create(
                    connection,
                    reading.name().toLowerCase(Locale.ROOT),
                    new ReadingFunction(replication, reading),
                    0,
                    0);
        }
    }

    @Override
    protected void xFunc() throws SQLException {
        switch (reading) {
            case LITESTREAM_TXID -> result(String.format(TXID_FORMAT, status().localTxid()));
            case LITESTREAM_REPLICATED_TXID -> result(String.format(TXID_FORMAT, status().replicatedTxid()));
            case LITESTREAM_LAG_MS -> result(replication.lagMillis());
            case LITESTREAM_STATUS -> result(status().state().name());
            case LITESTREAM_HEALTH -> result(replication.isWell() ? "UP" : "DOWN");
        }
    }

    private ReplicationStatus status() {
        return replication.status();
    }
}
