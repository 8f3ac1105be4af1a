package io.github.litestreamjdbc.engine;

import io.github.litestreamjdbc.api.ReplicationMXBean;
import io.github.litestreamjdbc.api.ValidationResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whether somebody has to act, and the readings that say why. One place for all that ask. Pure. */
final class Health {
    private Health() {}

    /** Why somebody has to act, in words; empty if nobody has to. */
    static List<String> problems(ReplicationMXBean readings) {
        List<String> problems = new ArrayList<>();
        switch (readings.getState()) {
            case STARTING, STANDBY, BASELINE, STREAMING -> {}
            case LOCAL_FULL, DETACHED, FENCED, FAILED, CLOSED ->
                problems.add(readings.getState() + ": " + readings.getReason());
        }
        if (readings.isReplicaRefused()) {
            problems.add("the replica cannot be used until somebody changes something: " + readings.getReplicaError());
        }
        long threshold = readings.getLagThresholdMillis();
        if (threshold != 0 && readings.getReplicationLagMillis() > threshold) {
            problems.add("a commit has not been safe for longer than lag-threshold");
        }
        if (readings.getLastValidationVerdict().equals(ValidationResult.Verdict.DIFFERENT.name())) {
            problems.add("the replica did not give back the database: " + readings.getLastValidationReason());
        }
        return problems;
    }

    /** What those are told who ask for the health of a database. */
    static Map<String, Object> report(ReplicationMXBean readings) {
        List<String> problems = problems(readings);
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("status", problems.isEmpty() ? "UP" : "DOWN");
        report.put("problems", problems);
        report.put("replica", readings.getReplica());
        report.put("state", readings.getState().name());
        report.put("since", readings.getStateSince());
        report.put("reason", readings.getReason());
        report.put("replicaError", readings.getReplicaError());
        report.put("localTxid", readings.getLocalTxid());
        report.put("replicatedTxid", readings.getReplicatedTxid());
        report.put("replicationLagMillis", readings.getReplicationLagMillis());
        report.put("unreplicatedCommits", readings.getUnreplicatedCommits());
        report.put("lastSync", readings.getLastSync());
        report.put("lastValidationVerdict", readings.getLastValidationVerdict());
        report.put("newestRestorablePoint", readings.getNewestRestorablePoint());
        return report;
    }
}
