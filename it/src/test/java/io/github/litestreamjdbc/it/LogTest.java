package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.github.litestreamjdbc.spi.LogLine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How the code of all modules logs. */
class LogTest {
    /** What takes parameters or an exception would be formatted by the backend, which knows nothing of lines. */
    @Test
    void everythingThatIsLoggedIsSuchALine() {
        JavaClasses main = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("io.github.litestreamjdbc");
        ArchRuleDefinition.noClasses()
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "log parameters or exceptions",
                        (JavaCall<?> call) -> call.getTargetOwner().isEquivalentTo(System.Logger.class)
                                && call.getName().equals("log")
                                && (call.getTarget().getRawParameterTypes().size() != 2
                                        || !call.getTarget()
                                                .getRawParameterTypes()
                                                .get(1)
                                                .isEquivalentTo(String.class))))
                .orShould()
                .callMethodWhere(DescribedPredicate.describe(
                        "log otherwise",
                        (JavaCall<?> call) -> call.getTargetOwner().isEquivalentTo(Logger.class)
                                && !call.getName().equals("getLogger")
                                && !call.getName().equals("getHandlers")))
                .check(main);
        assertThat(main.contain("io.github.litestreamjdbc.s3.S3Store")).isTrue();
        assertThat(main.contain("io.github.litestreamjdbc.driver.LitestreamDriver"))
                .isTrue();
        ArchRuleDefinition.classes()
                .that(DescribedPredicate.describe(
                        "log",
                        each -> each.getMethodCallsFromSelf().stream()
                                .anyMatch(call -> call.getTargetOwner().isEquivalentTo(System.Logger.class)
                                        && call.getName().equals("log"))))
                .should()
                .dependOnClassesThat()
                .areAssignableTo(LogLine.class)
                .check(main);
    }

    /** Word for word: the message of each call begins with its keys. */
    @Test
    void noMessageIsWordsAlone() throws Exception {
        Pattern words = Pattern.compile("\\.log\\(\\s*(System\\.Logger\\.)?(Level\\.)?\\w+,\\s*\"");
        try (Stream<Path> files = Files.walk(Path.of(".."))) {
            List<Path> sources = files.filter(file -> file.toString().matches(".*/src/main/.*\\.java"))
                    .filter(file -> !file.toString().contains("/bench/"))
                    .toList();
            assertThat(sources).hasSizeGreaterThan(100);
            for (Path source : sources) {
                assertThat(Files.readString(source)).as(source.toString()).doesNotContainPattern(words);
            }
        }
    }
}
