package io.github.litestreamjdbc.spi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogLineTest {
    @Test
    void valuesThatAreNoWordAreQuoted() {
        assertThat(LogLine.of("database", "app.db").with("replica", "file:///r").says("{0} it''s {} gone"))
                .isEqualTo("database=app.db replica=file:///r {0} it''s {} gone");
        assertThat(LogLine.of("database", "my \"shop\" = \\").says("x"))
                .isEqualTo("database=\"my \\\"shop\\\" = \\\\\" x");
        assertThat(LogLine.of("database", "").with("replica", null).says("x"))
                .isEqualTo("database=\"\" replica=null x");
    }

    @Test
    void nothingBeginsASecondLine() {
        String line = LogLine.of("database", "a\nb\u2028c")
                .with("path", "/x\r\n2026-01-01 ERROR forged")
                .says(
                        "first\n\tat second\u0085third\u001b[31m",
                        new IllegalStateException("one\ntwo", new Error("three")));
        assertThat(line).doesNotContainPattern("[\\p{Cntrl}\\u0085\\u2028\\u2029]");
        assertThat(line)
                .startsWith("database=\"a b c\" path=\"/x 2026-01-01 ERROR forged\" first at second third [31m: "
                        + "java.lang.IllegalStateException: one two at ")
                .contains(LogLineTest.class.getName() + ".nothingBeginsASecondLine(LogLineTest.java:")
                .contains(", caused by java.lang.Error: three at ");
    }
}
