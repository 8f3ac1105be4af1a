package io.github.litestreamjdbc.frameworks.spring;

import java.util.Arrays;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** An ordinary Spring Boot application that knows nothing of replication. */
@SpringBootApplication(proxyBeanMethods = false)
public class ShopApplication {
    /** Starts it with settings as on the command line, without the dashes. */
    static ConfigurableApplicationContext start(String... settings) {
        String[] arguments =
                Arrays.stream(settings).map(setting -> "--" + setting).toArray(String[]::new);
        return new SpringApplicationBuilder(ShopApplication.class).run(arguments);
    }
}
