package io.github.litestreamjdbc.spring;

import io.github.litestreamjdbc.micrometer.LitestreamMetrics;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What Spring Boot 3 and 4 are given if the application has their parts: health, an endpoint, meters. Each part stands in a
 * class of its own, which is not loaded where its condition fails.
 */
@AutoConfiguration
public class LitestreamAutoConfiguration {
    /** As Spring Boot decides for its own indicators, by an annotation that moved between 3 and 4. */
    private static final String HEALTH =
            "${management.health.litestream.enabled:${management.health.defaults.enabled:true}}";

    /** Called by Spring. */
    public LitestreamAutoConfiguration() {}

    /** Where Spring Boot 3's health is. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.actuate.health.HealthIndicator")
    @ConditionalOnExpression(HEALTH)
    static class OnBoot3 {
        @Bean
        @ConditionalOnMissingBean(name = "litestreamHealthIndicator")
        HealthIndicator litestreamHealthIndicator() {
            return new Boot3Health();
        }
    }

    /** Where Spring Boot 4's health is. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.health.contributor.HealthIndicator")
    @ConditionalOnExpression(HEALTH)
    static class OnBoot4 {
        @Bean
        @ConditionalOnMissingBean(name = "litestreamHealthIndicator")
        org.springframework.boot.health.contributor.HealthIndicator litestreamHealthIndicator() {
            return new Boot4Health();
        }
    }

    /** Where the actuator is. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.actuate.endpoint.annotation.Endpoint")
    static class OnActuator {
        @Bean
        @ConditionalOnMissingBean
        LitestreamEndpoint litestreamEndpoint() {
            return new LitestreamEndpoint();
        }
    }

    /** Where Micrometer is; Spring Boot binds it to the registries. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "io.micrometer.core.instrument.binder.MeterBinder")
    static class OnMicrometer {
        @Bean
        @ConditionalOnMissingBean
        LitestreamMetrics litestreamMetrics() {
            return new LitestreamMetrics();
        }
    }
}
