package io.github.litestreamjdbc.spring;

import java.util.Map;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** The actuator endpoint {@code litestream}: the readings of all databases by name. */
@Endpoint(id = "litestream")
public final class LitestreamEndpoint {
    /** Created by the auto-configuration. */
    LitestreamEndpoint() {}

    /** The readings. */
    @ReadOperation
    public Map<String, Object> databases() {
        return ReplicationReport.databases();
    }
}
