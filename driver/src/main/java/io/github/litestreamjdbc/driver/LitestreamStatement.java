package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.CheckpointResult;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.sqlite.jdbc4.JDBC4Statement;

/** sqlite-jdbc's statement, with a {@link CommitWatch} around what it runs. */
final class LitestreamStatement extends JDBC4Statement {
    private final CommitWatch watch;

    /** What runs, or ran last. */
    private SqlText text;

    /** Whether a method of ours is under way: sqlite-jdbc's own call each other. */
    private boolean running;

    private final List<SqlKind> batchKinds = new ArrayList<>();

    LitestreamStatement(LitestreamConnection connection, CommitWatch watch) {
        super(connection);
        this.watch = watch;
    }

    private interface SqlCall<T> {
        T run(String sql) throws SQLException;
    }

    /** Only {@code executeUpdate} runs what stands behind the first statement. */
    private <T> T runFirst(String sql, SqlCall<T> call) throws SQLException {
        return running ? call.run(sql) : run(SqlText.of(sql).prepared(), call);
    }

    private <T> T runAll(String sql, SqlCall<T> call) throws SQLException {
        return running ? call.run(sql) : run(SqlText.of(sql), call);
    }

    private <T> T run(SqlText given, SqlCall<T> call) throws SQLException {
        text = given;
        running = true;
        try {
            String sql = text.checkpoint() ? checkpointRow() : text.sql();
            return watch.run(text, () -> call.run(sql));
        } finally {
            running = false;
        }
    }

    private String checkpointRow() throws SQLException {
        CheckpointResult result = watch.checkpoint();
        return "SELECT " + result.busy() + " AS busy, " + result.log() + " AS log, " + result.checkpointed()
                + " AS checkpointed";
    }

    @Override
    public boolean execute(String sql) throws SQLException {
        return runFirst(sql, super::execute);
    }

    @Override
    public ResultSet executeQuery(String sql) throws SQLException {
        return runFirst(sql, super::executeQuery);
    }

    @Override
    public int executeUpdate(String sql) throws SQLException {
        return runAll(sql, super::executeUpdate);
    }

    @Override
    public long executeLargeUpdate(String sql) throws SQLException {
        return runAll(sql, super::executeLargeUpdate);
    }

    @Override
    public ResultSet getResultSet() throws SQLException {
        ResultSet rows = super.getResultSet();
        return text != null && text.returning() ? ReturningResultSet.of(rows, watch) : rows;
    }

    @Override
    public void addBatch(String sql) throws SQLException {
        SqlText added = SqlText.of(sql);
        super.addBatch(added.checkpoint() ? sql : added.sql());
        batchKinds.addAll(added.prepared().kinds());
    }

    @Override
    public void clearBatch() throws SQLException {
        batchKinds.clear();
        super.clearBatch();
    }

    @Override
    public long[] executeLargeBatch() throws SQLException {
        return watch.run(SqlText.ofBatch(batchKinds), super::executeLargeBatch);
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
