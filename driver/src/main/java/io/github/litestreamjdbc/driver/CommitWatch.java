package io.github.litestreamjdbc.driver;

import io.github.litestreamjdbc.api.CheckpointResult;
import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.Attachment;
import java.sql.SQLException;
import org.sqlite.SQLiteCommitListener;
import org.sqlite.SQLiteConnection;

/**
 * Stands around every call of a connection that may begin, write or commit: passes the write gate before it, and tells the
 * engine of commits after it.
 *
 * <p>SQLite's commit hook runs before the commit is in the WAL, so it only raises a flag, and the flag is looked at when
 * the call has returned. Used by the thread that uses the connection.
 */
final class CommitWatch implements SQLiteCommitListener {
    /** A call of the application's to sqlite-jdbc. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws SQLException;
    }

    private final SQLiteConnection connection;
    private final Attachment attachment;

    /** Raised by SQLite's hook, on the thread of the call. */
    private volatile boolean committed;

    /** Inside a call to sqlite-jdbc, after which commits are told. */
    private boolean calling;

    /** Inside an explicit transaction that was let in at the gate. */
    private boolean inside;

    /** That transaction has written, or was let through to. */
    private boolean wrote;

    /** A transaction that was begun by SQL text rather than by {@code setAutoCommit}. */
    private boolean begun;

    /** Savepoints of a transaction that began with one. */
    private int savepoints;

    CommitWatch(SQLiteConnection connection, Attachment attachment) {
        this.connection = connection;
        this.attachment = attachment;
    }

    Attachment attachment() {
        return attachment;
    }

    @Override
    public void onCommit() {
        committed = true;
    }

    @Override
    public void onRollback() {}

    /** Runs a statement. */
    <T> T run(SqlText text, Call<T> call) throws SQLException {
        if (connection.getAutoCommit() && !begun && !inside) {
            return runAutoCommit(text, call);
        }
        return runInTransaction(text, call);
    }

    private <T> T runAutoCommit(SqlText text, Call<T> call) throws SQLException {
        if (text.mayWrite()) {
            beforeWrite();
        }
        SqlKind kind = text.kinds().get(0);
        if (text.kinds().size() == 1
                && (kind == SqlKind.BEGIN || kind == SqlKind.BEGIN_WRITE || kind == SqlKind.SAVEPOINT)) {
            return runInTransaction(text, call);
        }
        if (!text.mayWrite()) {
            return after(text, call);
        }
        if (connection.getBusyTimeout() > 0) {
            attachment.awaitStart();
            return after(text, () -> inTurn(call));
        }
        return after(text, () -> inside(call));
    }

    private <T> T inside(Call<T> call) throws SQLException {
        attachment.enterCall();
        try {
            return call.run();
        } finally {
            attachment.leaveCall();
        }
    }

    private <T> T inTurn(Call<T> call) throws SQLException {
        if (!attachment.takeTurn()) {
            return call.run();
        }
        try {
            return call.run();
        } finally {
            attachment.leaveTurn();
        }
    }

    /** What sqlite-jdbc closes on the way has a watch around it too: it must not wait for the replica within the call. */
    private <T> T runCall(Call<T> call) throws SQLException {
        boolean outer = !calling;
        calling = true;
        try {
            return call.run();
        } finally {
            calling = !outer;
        }
    }

    private <T> T runInTransaction(SqlText text, Call<T> call) throws SQLException {
        if (text.mayWrite()) {
            beforeWrite();
        } else if (text.kinds().get(0).mayCommit()) {
            beforeCommit();
        }
        if (!inside) {
            attachment.enterTransaction();
            inside = true;
            wrote = text.mayWrite();
        } else if (text.mayWrite() && !wrote) {
            return runUpgrade(text, call);
        }
        return after(text, call);
    }

    private <T> T runUpgrade(SqlText text, Call<T> call) throws SQLException {
        attachment.enterUpgrade();
        try {
            T result = after(text, call);
            wrote = true;
            return result;
        } finally {
            attachment.leaveUpgrade();
        }
    }

    private <T> T after(SqlText text, Call<T> call) throws SQLException {
        T result;
        try {
            result = runCall(call);
        } catch (SQLException | RuntimeException e) {
            tellAfter(e);
            leaveIfOutside();
            throw e;
        }
        for (SqlKind kind : text.kinds()) {
            follow(kind);
        }
        leaveIfOutside();
        tell();
        return result;
    }

    /** What a statement that succeeded did to the transaction. A misjudged one costs a short wait, never data. */
    private void follow(SqlKind kind) {
        switch (kind) {
            case BEGIN, BEGIN_WRITE -> begun = true;
            case SAVEPOINT -> {
                if (!begun) {
                    begun = true;
                    savepoints = 1;
                } else if (savepoints > 0) {
                    savepoints++;
                }
            }
            case RELEASE -> {
                if (savepoints > 0 && --savepoints == 0) {
                    begun = false;
                }
            }
            case COMMIT, ROLLBACK -> {
                begun = false;
                savepoints = 0;
                if (inside) {
                    leave();
                }
            }
            case SILENT_WRITE -> committed = true;
            case READ, WRITE, ROLLBACK_TO -> {}
        }
    }

    private void leaveIfOutside() throws SQLException {
        if (inside && !begun && connection.getAutoCommit()) {
            leave();
        }
    }

    private void leave() {
        inside = false;
        wrote = false;
        attachment.leaveTransaction();
    }

    /** Before what may end the transaction with a commit. */
    void beforeCommit() throws SQLException {
        if (wrote) {
            beforeWrite();
        }
    }

    private void beforeWrite() throws SQLException {
        try {
            attachment.beforeWrite();
        } catch (ReplicationException e) {
            throw SqlErrors.readOnly(e);
        }
    }

    /** Runs what commits a transaction of {@code setAutoCommit(false)}. */
    void commit(Call<?> call) throws SQLException {
        beforeCommit();
        end(call);
    }

    /** Runs what ends a transaction of {@code setAutoCommit(false)}. */
    void end(Call<?> call) throws SQLException {
        try {
            runCall(call);
        } catch (SQLException | RuntimeException e) {
            tellAfter(e);
            throw e;
        }
        begun = false;
        savepoints = 0;
        leave();
        tell();
    }

    /** Tells the engine of commits that happened since it was last told. */
    void tell() throws SQLException {
        if (committed && !calling) {
            committed = false;
            try {
                attachment.committed();
            } catch (ReplicationException e) {
                throw SqlErrors.notConfirmed(e);
            }
        }
    }

    private void tellAfter(Exception failure) {
        try {
            tell();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    /** Our checkpoint in place of the application's. */
    CheckpointResult checkpoint() throws SQLException {
        try {
            return attachment.checkpoint();
        } catch (ReplicationException e) {
            throw SqlErrors.checkpointFailed(e);
        }
    }
}
