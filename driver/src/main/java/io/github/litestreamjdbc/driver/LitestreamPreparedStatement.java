package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.CheckpointResult;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.sqlite.jdbc4.JDBC4PreparedStatement;

/** sqlite-jdbc's prepared statement, with a {@link CommitWatch} around what it runs. */
final class LitestreamPreparedStatement extends JDBC4PreparedStatement {
    private final CommitWatch watch;
    private final SqlText text;

    /** Whether a method of ours is under way: sqlite-jdbc's own call each other. */
    private boolean running;

    LitestreamPreparedStatement(LitestreamConnection connection, CommitWatch watch, SqlText text) throws SQLException {
        super(connection, text.sql());
        this.watch = watch;
        this.text = text.prepared();
    }

    private <T> T run(CommitWatch.Call<T> call) throws SQLException {
        if (running) {
            return call.run();
        }
        running = true;
        try {
            if (text.checkpoint()) {
                bindCheckpoint();
            }
            return watch.run(text, call);
        } finally {
            running = false;
        }
    }

    private void bindCheckpoint() throws SQLException {
        CheckpointResult result = watch.checkpoint();
        setInt(1, result.busy());
        setInt(2, result.log());
        setInt(3, result.checkpointed());
    }

    @Override
    public boolean execute() throws SQLException {
        return run(super::execute);
    }

    @Override
    public ResultSet executeQuery() throws SQLException {
        return run(super::executeQuery);
    }

    @Override
    public int executeUpdate() throws SQLException {
        return run(super::executeUpdate);
    }

    @Override
    public long executeLargeUpdate() throws SQLException {
        return run(super::executeLargeUpdate);
    }

    @Override
    public long[] executeLargeBatch() throws SQLException {
        return run(super::executeLargeBatch);
    }

    @Override
    public ResultSet getResultSet() throws SQLException {
        ResultSet rows = super.getResultSet();
        return text.returning() ? ReturningResultSet.of(rows, watch) : rows;
    }

    @Override
    public boolean getMoreResults(int current) throws SQLException {
        boolean more = super.getMoreResults(current);
        watch.tell();
        return more;
    }

    @Override
    public void close() throws SQLException {
        super.close();
        watch.tell();
    }
}
