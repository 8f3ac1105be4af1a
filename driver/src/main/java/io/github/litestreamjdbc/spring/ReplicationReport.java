package io.github.litestreamjdbc.spring;

import io.github.litestreamjdbc.engine.Databases;
import java.util.LinkedHashMap;
import java.util.Map;

/** What Spring Boot's health and endpoint say. Without I/O; safe for use by several threads. */
final class ReplicationReport {
    private ReplicationReport() {}

    /** Whether nobody has to act, for any database. */
    static boolean isWell() {
        return Databases.readings().values().stream().allMatch(Databases::isWell);
    }

    /** The readings of all databases by name. */
    static Map<String, Object> databases() {
        Map<String, Object> report = new LinkedHashMap<>();
        Databases.readings().forEach((name, readings) -> report.put(name, Databases.health(readings)));
        return report;
    }
}
