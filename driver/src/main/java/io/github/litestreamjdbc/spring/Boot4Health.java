package io.github.litestreamjdbc.spring;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Spring Boot 4's health, whose types moved: down where somebody has to act. */
final class Boot4Health implements HealthIndicator {
    @Override
    public Health health() {
        Health.Builder health = ReplicationReport.isWell() ? Health.up() : Health.down();
        return health.withDetails(ReplicationReport.databases()).build();
    }
}
