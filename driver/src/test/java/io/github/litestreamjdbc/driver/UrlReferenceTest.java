package io.github.litestreamjdbc.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverPropertyInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table in the documentation, and what tools show, are the enum's. */
class UrlReferenceTest {
    private static final Path REFERENCE = Path.of("../docs/url.md");
    private static final String BEGIN = "<!-- generated from DriverProperty -->\n";
    private static final String END = "<!-- end -->\n";

    @Test
    void tableIsTheEnums() throws IOException {
        String text = Files.readString(REFERENCE);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END);
        if (Boolean.getBoolean("litestreamjdbc.writeDocs")) {
            text = text.substring(0, begin) + table() + text.substring(end);
            Files.writeString(REFERENCE, text);
            end = text.indexOf(END);
        }
        assertThat(text.substring(begin, end))
                .as("generate it anew: mvn test -pl driver -am -Dtest=UrlReferenceTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -Dlitestreamjdbc.writeDocs=true")
                .isEqualTo(table());
    }

    private static String table() {
        return "| parameter | default | values | meaning |\n| --- | --- | --- | --- |\n"
                + Arrays.stream(DriverProperty.values())
                        .map(UrlReferenceTest::row)
                        .collect(Collectors.joining());
    }

    private static String row(DriverProperty property) {
        String secret = property.secret() ? ". Secret: not in the URL" : "";
        String unsupported = property.supported() ? "" : ". Reserved: nothing but the default is supported yet";
        return "| `" + property.parameter() + "` | "
                + (property.defaultValue() == null ? "–" : "`" + property.defaultValue() + "`") + " | "
                + values(property) + " | " + property.description() + secret + unsupported + " |\n";
    }

    private static String values(DriverProperty property) {
        if (!property.choices().isEmpty()) {
            return property.choices().stream().map(choice -> "`" + choice + "`").collect(Collectors.joining(", "));
        }
        return switch (property.kind()) {
            case TEXT, CHOICE -> "text";
            case DURATION -> "duration";
            case SIZE -> "size";
            case COUNT -> "number";
        };
    }

    @ParameterizedTest
    @EnumSource
    void toolsAreShownEveryParameter(DriverProperty property) throws Exception {
        DriverPropertyInfo info = info("jdbc:litestream:sqlite:app.db", new Properties()).stream()
                .filter(one -> one.name.equals(property.parameter()))
                .findFirst()
                .orElseThrow();
        assertThat(info.description).isEqualTo(property.description());
        assertThat(info.value).isEqualTo(property.defaultValue());
        assertThat(info.required).isEqualTo(property == DriverProperty.REPLICA);
        if (property.choices().isEmpty()) {
            assertThat(info.choices).isNull();
        } else {
            assertThat(info.choices).containsExactlyElementsOf(property.choices());
        }
    }

    @Test
    void toolsAreShownWhatIsGivenAlready() throws Exception {
        Properties properties = new Properties();
        properties.setProperty("linger", "1s");
        List<DriverPropertyInfo> all =
                info("jdbc:litestream:sqlite:app.db?replica=file:%2Fbackup&linger=9s&close=flush", properties);
        assertThat(all)
                .filteredOn(one -> one.name.equals("replica"))
                .extracting(one -> one.value)
                .containsExactly("file:/backup");
        assertThat(all)
                .filteredOn(one -> one.name.equals("linger"))
                .extracting(one -> one.value)
                .containsExactly("1s");
        assertThat(all)
                .filteredOn(one -> one.name.equals("close"))
                .extracting(one -> one.value)
                .containsExactly("flush");
    }

    @Test
    void toolsAreShownSqliteJdbcsParametersToo() throws Exception {
        assertThat(info("jdbc:litestream:sqlite:", null))
                .extracting(one -> one.name)
                .contains("busy_timeout");
    }

    private static List<DriverPropertyInfo> info(String url, Properties properties) throws Exception {
        return List.of(new LitestreamDriver().getPropertyInfo(url, properties));
    }
}
