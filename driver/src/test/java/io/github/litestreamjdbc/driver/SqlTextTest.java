package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRAGMA journal_mode=DELETE",
                "pragma journal_mode(truncate)",
                "/* x */ pragma main.journal_mode = delete",
                "-- x\nPRAGMA\n\"main\" . [journal_mode] = 'memory';",
                "PRAGMA journal_mode = /* why */ off",
                "\ufeffPragma Journal_Mode = Persist",
                "SELECT 1; PRAGMA journal_mode=DELETE",
                "; PRAGMA journal_mode=DELETE",
                ";;/* x */; PRAGMA journal_mode=DELETE; SELECT 1",
                "EXPLAIN PRAGMA journal_mode=DELETE",
            })
    void refusesToLeaveTheWal(String sql) {
        assertThatThrownBy(() -> SqlText.of(sql))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("HY000"))
                .hasMessageContaining("journal_mode")
                .hasMessageContaining("replication reads the WAL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRAGMA locking_mode=EXCLUSIVE",
                "pragma main.locking_mode('exclusive')",
                "INSERT INTO t VALUES (1); PRAGMA locking_mode = EXCLUSIVE",
                "EXPLAIN QUERY PLAN PRAGMA locking_mode=EXCLUSIVE",
            })
    void refusesExclusiveLocking(String sql) {
        assertThatThrownBy(() -> SqlText.of(sql))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("HY000"))
                .hasMessageContaining("locking_mode");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRAGMA journal_mode",
                "PRAGMA main.journal_mode;",
                "PRAGMA journal_mode(wal)",
                "PRAGMA journal_mode = 'WAL'",
                "PRAGMA locking_mode",
                "PRAGMA locking_mode=NORMAL",
                "PRAGMA journal_size_limit=1000",
                "select 'pragma journal_mode=delete'",
                "select 1 -- ; pragma journal_mode=delete",
                "INSERT INTO t VALUES ('; pragma journal_mode=delete')",
                "SELECT \"pragma journal_mode=delete;\" FROM t",
                "CREATE TABLE pragma (journal_mode)",
            })
    void passesEverythingElseAsItIs(String sql) throws SQLException {
        SqlText text = SqlText.of(sql);
        assertThat(text.sql()).isEqualTo(sql);
        assertThat(text.checkpoint()).isFalse();
        assertThat(text.kinds()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRAGMA wal_checkpoint",
                "pragma wal_checkpoint;",
                "PRAGMA main.wal_checkpoint(TRUNCATE)",
                "PRAGMA wal_checkpoint = FULL",
                "/* now */ PRAGMA wal_checkpoint ( 'restart' ) -- please",
                "; PRAGMA wal_checkpoint",
            })
    void checkpointIsReplacedByARowOfItsResult(String sql) throws SQLException {
        SqlText text = SqlText.of(sql);
        assertThat(text.checkpoint()).isTrue();
        assertThat(text.mayWrite()).isFalse();
        assertThat(text.sql()).contains("AS busy", "AS log", "AS checkpointed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PRAGMA wal_autocheckpoint=1000", "PRAGMA main.wal_autocheckpoint(5)"})
    void settingAutomaticCheckpointsBecomesReadingTheSetting(String sql) throws SQLException {
        assertThat(SqlText.of(sql).sql()).isEqualTo("PRAGMA wal_autocheckpoint");
    }

    @Test
    void namesThatOnlyLookLikeKeywordsDoNotHideAWrite() throws SQLException {
        for (String name : new String[] {"x\u2003SELECT", "\u2003SELECT", "\u017felect"}) {
            assertThat(SqlText.of("WITH " + name + " AS (SELECT 1) DELETE FROM t")
                            .kinds())
                    .as(name)
                    .containsExactly(SqlKind.WRITE);
        }
    }

    @Test
    void settingAutomaticCheckpointsInAScriptBecomesReadingTheSettingAndTheRestStays() throws SQLException {
        assertThat(SqlText.of("SELECT ';'; -- a\n PRAGMA wal_autocheckpoint = 5 ; /* b; */ SELECT 2 ;")
                        .sql())
                .isEqualTo("SELECT ';'; -- a\n PRAGMA wal_autocheckpoint; SELECT 2 ;");
        String other = "; SELECT 1 ;; /* x; */ PRAGMA wal_autocheckpoint; INSERT INTO t VALUES (';')";
        assertThat(SqlText.of(other).sql()).isEqualTo(other);
    }

    @Test
    void readingAutomaticCheckpointsPasses() throws SQLException {
        assertThat(SqlText.of("PRAGMA wal_autocheckpoint ;").sql()).isEqualTo("PRAGMA wal_autocheckpoint ;");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT 1 | READ",
                "VALUES (1) | READ",
                "EXPLAIN INSERT INTO t VALUES (1) | READ",
                "PRAGMA user_version | READ",
                "PRAGMA user_version=1 | WRITE",
                "PRAGMA incremental_vacuum(5) | WRITE",
                "PRAGMA incremental_vacuum | WRITE",
                "PRAGMA optimize | WRITE",
                "PRAGMA optimize(0x10002) | WRITE",
                "PRAGMA main.application_id = -5 | WRITE",
                "PRAGMA writable_schema=ON | WRITE",
                "PRAGMA nobody_knows(1) | WRITE",
                "PRAGMA table_info(t) | READ",
                "pragma main.table_xinfo('t') | READ",
                "PRAGMA [main].index_list = t | READ",
                "PRAGMA foreign_key_check(t) | READ",
                "PRAGMA integrity_check(1) | READ",
                "PRAGMA foreign_keys=ON | READ",
                "PRAGMA busy_timeout=5000 | READ",
                "PRAGMA journal_mode=WAL | READ",
                "INSERT INTO t VALUES (1) | WRITE",
                "/* x */ update t set a = 1 | WRITE",
                "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a | WRITE",
                "WITH a AS (SELECT 1) REPLACE INTO t SELECT * FROM a | WRITE",
                "WITH a AS (SELECT 1), b(x) AS NOT MATERIALIZED (VALUES (1)) update t SET a = 1 | WRITE",
                "WITH a AS (SELECT ')') delete from t where a in (select 1) | WRITE",
                "WITH \"select\" AS (SELECT 1) DELETE FROM t | WRITE",
                "WITH [(] AS (SELECT 1), [)] AS (SELECT 2) DELETE FROM t | WRITE",
                "WITH a AS (SELECT 1) /* SELECT */ DELETE FROM t -- SELECT | WRITE",
                "WITH a AS (SELECT $b('x) AS y) DELETE FROM t WHERE a = $b(') SELECT 1 | WRITE",
                "WITH replace AS (SELECT 1) INSERT INTO t SELECT * FROM replace | WRITE",
                "WITH a AS (SELECT 1 | WRITE",
                "WITH a AS (SELECT 1) SELECT * FROM a | READ",
                "with recursive n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) select i from n | READ",
                "WITH a AS (SELECT replace('x', 'y', ':z')) VALUES (1) | READ",
                "/* x */ WITH \"insert\" AS (SELECT 1) SELECT replace(x, y, z), ?1, :update FROM \"insert\" | READ",
                "EXPLAIN WITH a AS (SELECT 1) DELETE FROM t | READ",
                "REPLACE INTO t VALUES (1) | WRITE",
                "CREATE TABLE t (a) | WRITE",
                "VACUUM | SILENT_WRITE",
                "restore from 'x' | SILENT_WRITE",
                "backup to x.db | READ",
                "BACKUP main TO 'x.db' | READ",
                "ATTACH 'x.db' AS x | WRITE",
                "DETACH x | WRITE",
                "; INSERT INTO t VALUES (1) | WRITE",
                "/* x */ ; ;-- y; | READ",
                ";; /* x */ ; WITH a AS (SELECT 1) DELETE FROM t | WRITE",
                "; WITH a AS (SELECT 1) SELECT * FROM a ; | READ",
                "; COMMIT; | COMMIT",
                "; PRAGMA user_version = 1 | WRITE",
                "BEGIN | BEGIN",
                "begin deferred transaction | BEGIN",
                "BEGIN TRANSACTION | BEGIN",
                "BEGIN IMMEDIATE | BEGIN_WRITE",
                "begin /* x */ exclusive transaction | BEGIN_WRITE",
                "COMMIT | COMMIT",
                "END TRANSACTION | COMMIT",
                "ROLLBACK | ROLLBACK",
                "ROLLBACK TRANSACTION; | ROLLBACK",
                "ROLLBACK TO a | ROLLBACK_TO",
                "rollback transaction to savepoint a | ROLLBACK_TO",
                "SAVEPOINT a | SAVEPOINT",
                "RELEASE SAVEPOINT a | RELEASE",
                "-- nothing | READ",
            })
    void tellsTheKindByTheFirstWords(String sql, SqlKind kind) throws SQLException {
        assertThat(SqlText.of(sql).kinds()).containsExactly(kind);
    }

    @Test
    void scriptHasAKindPerStatement() throws SQLException {
        assertThat(SqlText.of("BEGIN; INSERT INTO t VALUES (';'); -- ;\n SELECT 1; COMMIT;")
                        .kinds())
                .containsExactly(SqlKind.BEGIN, SqlKind.WRITE, SqlKind.READ, SqlKind.COMMIT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
                "create temp trigger if not exists g delete on t when old.a begin delete from u; ; end;",
                "/* x */ ; CREATE TEMPORARY TRIGGER [;] INSTEAD OF UPDATE ON v BEGIN UPDATE t SET a ="
                        + " CASE a WHEN 1 THEN 2 END; INSERT INTO u VALUES ('; END'); /* ; */ END -- ; x",
            })
    void endOfATriggerEndsNoTransaction(String sql) throws SQLException {
        assertThat(SqlText.of(sql).kinds()).containsExactly(SqlKind.WRITE);
        assertThat(SqlText.of(sql).sql()).isEqualTo(sql);
    }

    @Test
    void statementsBehindATriggerHaveTheirKinds() throws SQLException {
        String trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 1; END;";
        assertThat(SqlText.of("BEGIN; " + trigger + trigger + "SELECT 1; END; DROP TRIGGER g")
                        .kinds())
                .containsExactly(
                        SqlKind.BEGIN, SqlKind.WRITE, SqlKind.WRITE, SqlKind.READ, SqlKind.COMMIT, SqlKind.WRITE);
        assertThat(SqlText.of("EXPLAIN QUERY PLAN " + trigger + "EXPLAIN " + trigger + "END")
                        .kinds())
                .containsExactly(SqlKind.READ, SqlKind.READ, SqlKind.COMMIT);
        assertThat(SqlText.of("CREATE TABLE trigger (a); SELECT 1; END").kinds())
                .containsExactly(SqlKind.WRITE, SqlKind.READ, SqlKind.COMMIT);
    }

    @Test
    void preparedScriptIsItsFirstStatement() throws SQLException {
        assertThat(SqlText.of("SELECT 1; DELETE FROM t").prepared().kinds()).containsExactly(SqlKind.READ);
        assertThat(SqlText.of("; /* x */ ; DELETE FROM t; SELECT 1").prepared().kinds())
                .containsExactly(SqlKind.WRITE);
    }

    @Test
    void scriptMayWriteWhateverItsFirstStatementIs() throws SQLException {
        assertThat(SqlText.of("SELECT 1; DELETE FROM t").mayWrite()).isTrue();
        assertThat(SqlText.of("SELECT 1").mayWrite()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "INSERT INTO t VALUES (1) RETURNING a | true",
                "delete from t returning *| true",
                "; /* x */ ; INSERT INTO t VALUES (1) RETURNING a | true",
                "WITH a AS (SELECT 1) UPDATE t SET b = 2 RETURNING b | true",
                "INSERT INTO t VALUES (1) | false",
                "SELECT returning FROM t | false",
            })
    void knowsWhichRowsComeFromAWrite(String sql, boolean returning) throws SQLException {
        assertThat(SqlText.of(sql).returning()).isEqualTo(returning);
    }

    @Test
    void nullGoesToSqliteJdbcWhichAnswersForIt() throws SQLException {
        assertThat(SqlText.of(null).sql()).isNull();
        assertThat(SqlText.of(null).mayWrite()).isFalse();
    }
}
