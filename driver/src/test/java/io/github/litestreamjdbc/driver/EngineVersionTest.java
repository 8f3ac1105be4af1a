package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineVersionTest {
    @ParameterizedTest
    @ValueSource(strings = {"3.51.2", "3.51", "3.50.99", "3.9.0", "2.99.99"})
    void engineWithTheWalResetBugIsRefusedByNameAndReason(String version) {
        assertThatThrownBy(() -> EngineVersion.check(version))
                .isInstanceOf(SQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContaining("SQLite " + version)
                .hasMessageContaining("WAL-reset bug")
                .hasMessageContaining("3.51.3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.51.3", "3.51.3.1", "3.52.0", "3.100", "4.0.0"})
    void engineWithoutItIsTaken(String version) {
        assertThatCode(() -> EngineVersion.check(version)).doesNotThrowAnyException();
    }
}
