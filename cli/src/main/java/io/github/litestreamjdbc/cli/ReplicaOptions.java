package io.github.litestreamjdbc.cli;

import io.github.litestreamjdbc.api.ReplicationException;
import io.github.litestreamjdbc.engine.ReplicaView;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which replica a command is about. */
final class ReplicaOptions {
    private static final List<String> SETTINGS = List.of(
            "s3.endpoint",
            "s3.region",
            "s3.path-style",
            "s3.access-key-id",
            "s3.secret-access-key",
            "s3.session-token",
            "s3.profile",
            "s3.sign-payload",
            "s3.require-content-md5",
            "s3.skip-verify",
            "s3.sse-customer-key");

    @Parameters(paramLabel = "URL", description = "The replica, such as file:///backup/app or s3://bucket/app.")
    private String url;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A setting of the store, such as s3.region=eu-central-1. Secrets are taken from the"
                    + " environment only (LITESTREAM_S3_SECRET_ACCESS_KEY or the AWS names).")
    private Map<String, String> settings = Map.of();

    String url() {
        return url;
    }

    ReplicaView open() throws ReplicationException {
        for (String name : settings.keySet()) {
            if (!SETTINGS.contains(name) || name.contains("key") || name.contains("token")) {
                throw new ReplicationException.Config("--set " + name + ": unknown, or a secret; known are "
                        + SETTINGS.stream()
                                .filter(each -> !each.contains("key") && !each.contains("token"))
                                .toList());
            }
        }
        return ReplicaView.open(url, merge(System::getenv, System::getProperty));
    }

    private Map<String, String> merge(UnaryOperator<String> variable, UnaryOperator<String> property) {
        Map<String, String> all = new TreeMap<>();
        for (String name : SETTINGS) {
            String underscored = name.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
            String[] values = {
                settings.get(name),
                property.apply("litestream." + name),
                variable.apply("LITESTREAM_" + underscored),
                variable.apply("LITESTREAM_" + underscored.replace("S3_", ""))
            };
            for (String value : values) {
                if (value != null && !value.isBlank()) {
                    all.putIfAbsent(name, value);
                }
            }
        }
        return all;
    }
}
