package io.github.litestreamjdbc.frameworks.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table in the documentation says what the tests of this build found, with the versions that they ran with. */
class CompatibilityPageTest {
    private static final Path PAGE = Path.of("../../docs/compatibility.md");
    private static final String BEGIN = "<!-- generated from the test results -->\n";
    private static final String END = "<!-- end -->\n";

    static Stream<Application> applications() {
        return Application.ALL.stream();
    }

    @Test
    void tableIsWhatTheTestsFound() throws Exception {
        StringBuilder table =
                new StringBuilder("| application | on `jdbc:sqlite:` | on our URL | killed, restored, went on |"
                        + " more tests | line needed besides the URL |\n| --- | --- | --- | --- | --- | --- |\n");
        for (Application application : Application.ALL) {
            table.append(application.row(TestReport.read(application.report())));
        }
        String text = Files.readString(PAGE);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END);
        if (Boolean.getBoolean("litestreamjdbc.writeDocs")) {
            text = text.substring(0, begin) + table + text.substring(end);
            Files.writeString(PAGE, text);
            end = text.indexOf(END);
        }
        assertThat(text.substring(begin, end))
                .as("generate it anew: mvn verify -Pframeworks -Dlitestreamjdbc.writeDocs=true")
                .isEqualTo(table.toString());
    }

    @ParameterizedTest
    @MethodSource("applications")
    void everythingPassed(Application application) throws Exception {
        assertThat(TestReport.read(application.report()).isGood()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("applications")
    void applicationHasTheLineThatIsNeededAndNoOtherThatNamesUs(Application application) throws Exception {
        assertThat(application.text()).contains(application.line());
        assertThat(application.text().contains("LitestreamDriver"))
                .isEqualTo(application.line().contains("LitestreamDriver"));
        assertThat(application.text().contains("<sqlite-jdbc.version>3.54.1.0"))
                .isEqualTo(application.line().equals(Application.NEWER_SQLITE));
    }

    /** Users look in the guide, not in the table. */
    @Test
    void guideNamesWhatSpringBoot3Needs() throws Exception {
        assertThat(Path.of("../../docs/guides/spring-boot.md")).content().contains(Application.NEWER_SQLITE);
    }
}
