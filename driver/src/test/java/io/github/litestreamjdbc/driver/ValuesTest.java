package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S",
        "10s, PT10S",
        "5m, PT5M",
        "24h, PT24H",
        "1h30m, PT1H30M",
        "1.5s, PT1.5S",
        "2d, PT48H",
        "250us, PT0.00025S",
        "7ns, PT0.000000007S",
        "' 10S ', PT10S",
        "0, PT0S",
        "0s, PT0S",
        "off, PT0S",
        "OFF, PT0S",
        "PT10S, PT10S",
        "pt1h, PT1H",
        "P1D, PT24H",
    })
    void readsDurations(String text, Duration duration) {
        assertThat(Values.duration(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "-1s", "PT-1S", "1 s", "s", "1x", "1s2", "soon", "1..5s", "999999999999999d", "P"})
    void refusesWhatIsNoDuration(String text) {
        assertThatThrownBy(() -> Values.duration(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1h30m");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "65536, 65536",
        "1b, 1",
        "64KiB, 65536",
        "64MiB, 67108864",
        "1GiB, 1073741824",
        "1 gib, 1073741824",
        "2TiB, 2199023255552",
        "1MB, 1000000",
        "5kb, 5000",
    })
    void readsSizes(String text, long bytes) {
        assertThat(Values.bytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1.5GiB", "big", "1PiB", "9999999999999999999", "9000000000TiB"})
    void refusesWhatIsNoSize(String text) {
        assertThatThrownBy(() -> Values.bytes(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64MiB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "", "1.5", "2147483648"})
    void refusesWhatIsNoCount(String text) {
        assertThatThrownBy(() -> Values.count(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2147483647");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", " 16 ", "2147483647"})
    void readsCounts(String text) {
        assertThat(Values.count(text)).isEqualTo(Integer.parseInt(text.trim()));
    }
}
