package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.github.litestreamjdbc.spi.LogLine;
import java.util.logging.Logger;
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
}
