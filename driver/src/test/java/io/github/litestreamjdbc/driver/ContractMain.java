package io.github.litestreamjdbc.driver;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** A child JVM whose class path has another sqlite-jdbc: runs test classes, or tries to connect. */
final class ContractMain {
    private ContractMain() {}

    public static void main(String[] args) {
        if (args[0].startsWith("jdbc:")) {
            try (Connection connection = DriverManager.getConnection(args[0])) {
                System.out.println("CONNECTED " + connection.getMetaData().getDatabaseProductVersion());
            } catch (SQLException e) {
                System.out.println("REFUSED " + e.getSQLState() + " " + e.getMessage());
            }
            return;
        }
        List<DiscoverySelector> classes = new ArrayList<>();
        for (String name : args) {
            classes.add(DiscoverySelectors.selectClass(name));
        }
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(classes)
                                .build(),
                        summary);
        summary.getSummary().printFailuresTo(new PrintWriter(System.out, true), 5);
        System.out.println("RAN " + summary.getSummary().getTestsStartedCount() + " FAILED "
                + summary.getSummary().getTotalFailureCount() + " ON " + org.sqlite.SQLiteJDBCLoader.getVersion());
    }
}
