package io.github.litestreamjdbc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Dependencies point one way, and who may touch the clock, threads and SQLite is settled. */
class ImportDirectionTest {
    private static final String ROOT = "io.github.litestreamjdbc.";

    /** Each may know those after it. */
    private static final List<String> ORDER =
            List.of("engine", "replica", "restore", "capture", "store", "wal", "ltx", "agent", "spi", "api");

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT.substring(0, ROOT.length() - 1));

    private static ArchRule mayKnow(String below, List<String> above) {
        String[] packages = above.stream().map(name -> ROOT + name).toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage(ROOT + below)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages);
    }

    private static final ArchRule NO_CLOCK = noClasses()
            .that()
            .resideInAnyPackage(ROOT + "ltx", ROOT + "wal")
            .should()
            .accessTargetWhere(DescribedPredicate.describe(
                    "they read the clock",
                    (JavaAccess<?> access) -> access.getName().equals("currentTimeMillis")
                            || access.getName().equals("nanoTime")
                            || access.getName().equals("now")))
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Clock.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(InstantSource.class);

    private static final ArchRule NO_THREADS = noClasses()
            .that()
            .resideInAnyPackage(ROOT + "ltx", ROOT + "wal")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Executor.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.util.concurrent..");

    private static final ArchRule FEW_TOUCH_SQLITE = classes()
            .that(DescribedPredicate.describe(
                    "touch org.sqlite",
                    each -> each.getDirectDependenciesFromSelf().stream()
                            .anyMatch(dependency ->
                                    dependency.getTargetClass().getPackageName().startsWith("org.sqlite"))))
            .should()
            .resideInAnyPackage(ROOT + "capture", ROOT + "engine")
            .orShould()
            .haveSimpleName("IntegrityChecks");

    @Test
    void everyPackageHasItsPlaceInTheOrder() {
        Set<String> found = MAIN.stream()
                .map(JavaClass::getPackageName)
                .map(name -> name.substring(ROOT.length()))
                .collect(Collectors.toSet());
        assertThat(found).containsExactlyInAnyOrderElementsOf(ORDER);
        for (String name : ORDER) {
            assertThat(MAIN.stream().filter(each -> each.getPackageName().equals(ROOT + name)))
                    .as(name)
                    .hasSizeGreaterThan(2);
        }
    }

    @TestFactory
    Stream<DynamicTest> packagesKnowOnlyThoseAfterThem() {
        return ORDER.stream()
                .skip(1)
                .map(name -> DynamicTest.dynamicTest(
                        name,
                        () -> mayKnow(name, ORDER.subList(0, ORDER.indexOf(name)))
                                .check(MAIN)));
    }

    @Test
    void noPackagesFormACircle() {
        slices().matching(ROOT + "(*)").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void formatsUseNoClock() {
        NO_CLOCK.check(MAIN);
    }

    @Test
    void formatsUseNoThreads() {
        NO_THREADS.check(MAIN);
    }

    @Test
    void onlyCaptureAndTheIntegrityCheckTouchSqlite() {
        FEW_TOUCH_SQLITE.check(MAIN);
    }

    /** The rules, turned on code that breaks them. */
    @Test
    void rulesNoticeWhatTheyForbid() {
        assertThatThrownBy(() -> mayKnow("capture", List.of("wal")).check(MAIN)).isInstanceOf(AssertionError.class);
        JavaClasses broken = new ClassFileImporter()
                .importClasses(
                        io.github.litestreamjdbc.ltx.RuleBreaker.class, io.github.litestreamjdbc.wal.RuleBreaker.class);
        assertThatThrownBy(() -> NO_CLOCK.check(broken))
                .hasMessageContaining("currentTimeMillis")
                .hasMessageContaining("Instant.now");
        assertThatThrownBy(() -> NO_THREADS.check(broken)).hasMessageContaining("java.lang.Thread");
        assertThatThrownBy(() -> FEW_TOUCH_SQLITE.check(broken)).hasMessageContaining("org.sqlite");
    }
}
