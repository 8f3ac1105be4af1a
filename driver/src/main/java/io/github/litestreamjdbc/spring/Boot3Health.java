package io.github.litestreamjdbc.spring;

import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;

/** Spring Boot 3's health: down where somebody has to act. */
final class Boot3Health implements HealthIndicator {
    @Override
    public Health health() {
        Health.Builder health = ReplicationReport.isWell() ? Health.up() : Health.down();
        return health.withDetails(ReplicationReport.databases()).build();
    }
}
