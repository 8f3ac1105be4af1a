package io.github.litestreamjdbc.spring;

import io.github.litestreamjdbc.api.ReplicationMXBean;
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
        Databases.readings().forEach((name, bean) -> report.put(name, of(bean)));
        return report;
    }

    private static Map<String, Object> of(ReplicationMXBean bean) {
        Map<String, Object> readings = new LinkedHashMap<>();
        readings.put("status", Databases.isWell(bean) ? "UP" : "DOWN");
        readings.put("replica", bean.getReplica());
        readings.put("state", bean.getState().name());
        readings.put("since", bean.getStateSince());
        readings.put("reason", bean.getReason());
        readings.put("replicaError", bean.getReplicaError());
        readings.put("localTxid", bean.getLocalTxid());
        readings.put("replicatedTxid", bean.getReplicatedTxid());
        readings.put("replicationLagMillis", bean.getReplicationLagMillis());
        readings.put("unreplicatedCommits", bean.getUnreplicatedCommits());
        readings.put("lastSync", bean.getLastSync());
        readings.put("lastValidationVerdict", bean.getLastValidationVerdict());
        readings.put("newestRestorablePoint", bean.getNewestRestorablePoint());
        return readings;
    }
}
