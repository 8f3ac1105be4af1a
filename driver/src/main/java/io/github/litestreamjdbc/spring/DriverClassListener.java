package io.github.litestreamjdbc.spring;

import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.MutablePropertySources;

/**
 * Names our driver class to Spring Boot, which knows the classes of the databases it lists only: see {@link DriverClassSource}.
 * Boot 3 and 4 find it by themselves. By this event everything is in place that sets properties from outside, those of tests
 * included, and nothing has been made of them yet.
 */
public final class DriverClassListener implements ApplicationListener<ApplicationPreparedEvent> {
    /** Called by Spring. */
    public DriverClassListener() {}

    @Override
    public void onApplicationEvent(ApplicationPreparedEvent event) {
        MutablePropertySources sources =
                event.getApplicationContext().getEnvironment().getPropertySources();
        sources.addFirst(new DriverClassSource(sources));
    }
}
