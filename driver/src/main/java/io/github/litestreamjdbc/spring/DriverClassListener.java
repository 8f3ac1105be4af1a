package io.github.litestreamjdbc.spring;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Names our driver class to Spring Boot, which knows the classes of the databases it lists only: for the URLs of
 * {@code spring.datasource}, {@code spring.flyway} and {@code spring.liquibase} that are ours, if no driver class is
 * configured or sqlite-jdbc's is left over. Boot 3 and 4 find it by themselves; both have this event, while the interface
 * for post-processors of the environment moved between them.
 */
public final class DriverClassListener implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {
    private static final String URL_PREFIX = "jdbc:litestream:sqlite:";
    private static final String DRIVER = "io.github.litestreamjdbc.driver.LitestreamDriver";
    private static final String SQLITE_DRIVER = "org.sqlite.JDBC";

    /** Called by Spring. */
    public DriverClassListener() {}

    /** After the listener that loads the configuration files, which is among the first. */
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
        ConfigurableEnvironment environment = event.getEnvironment();
        Map<String, Object> drivers = new HashMap<>();
        for (String group : List.of("spring.datasource", "spring.flyway", "spring.liquibase")) {
            String driver = value(environment, group + ".driver-class-name");
            boolean free = driver == null || driver.isBlank() || driver.strip().equals(SQLITE_DRIVER);
            if (free && isOurs(value(environment, group + ".url"))) {
                drivers.put(group + ".driver-class-name", DRIVER);
            }
        }
        if (!drivers.isEmpty()) {
            environment.getPropertySources().addFirst(new MapPropertySource("litestreamDriver", drivers));
        }
    }

    private static boolean isOurs(String url) {
        return url != null && url.strip().toLowerCase(Locale.ROOT).startsWith(URL_PREFIX);
    }

    /** Null also for a placeholder that cannot be resolved: whoever needs the value reports that better. */
    private static String value(ConfigurableEnvironment environment, String name) {
        try {
            return environment.getProperty(name);
        } catch (IllegalArgumentException unresolved) {
            return null;
        }
    }
}
