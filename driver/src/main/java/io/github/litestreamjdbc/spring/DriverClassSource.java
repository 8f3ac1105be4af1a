package io.github.litestreamjdbc.spring;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;

/**
 * Answers for the driver classes of {@code spring.datasource}, {@code spring.flyway} and {@code spring.liquibase}: with ours
 * where the URL is ours, and no class is configured or sqlite-jdbc's is left over. Whenever it is asked it looks at the
 * other sources, so that it does not matter where the URL comes from, or when. Safe for use by several threads.
 */
final class DriverClassSource extends PropertySource<MutablePropertySources> {
    private static final String URL_PREFIX = "jdbc:litestream:sqlite:";
    private static final String DRIVER = "io.github.litestreamjdbc.driver.LitestreamDriver";
    private static final String SQLITE_DRIVER = "org.sqlite.JDBC";

    /** The URL that each driver class is for. */
    private static final Map<String, String> URLS = Map.of(
            "spring.datasource.driver-class-name", "spring.datasource.url",
            "spring.flyway.driver-class-name", "spring.flyway.url",
            "spring.liquibase.driver-class-name", "spring.liquibase.url");

    /** Settings of a pool go before those of the data source: the URLs that each of its driver classes is for. */
    private static final Map<String, List<String>> POOL_URLS = Map.of(
            "spring.datasource.hikari.driver-class-name",
                    List.of("spring.datasource.hikari.jdbc-url", "spring.datasource.url"),
            "spring.datasource.tomcat.driver-class-name",
                    List.of("spring.datasource.tomcat.url", "spring.datasource.url"),
            "spring.datasource.dbcp2.driver-class-name",
                    List.of("spring.datasource.dbcp2.url", "spring.datasource.url"));

    /** @param all what it is itself one of */
    DriverClassSource(MutablePropertySources all) {
        super("litestreamDriver", all);
    }

    /** In the form in which Spring Boot asks first: lower case with hyphens. */
    @Override
    public Object getProperty(String name) {
        if (URLS.containsKey(name)) {
            Binder others = others();
            boolean free = value(others, name).map(DriverClassSource::isSqlites).orElse(true);
            return free && isOurs(others, List.of(URLS.get(name))) ? DRIVER : null;
        }
        if (POOL_URLS.containsKey(name)) {
            Binder others = others();
            boolean leftOver =
                    value(others, name).map(DriverClassSource::isSqlites).orElse(false);
            return leftOver && isOurs(others, POOL_URLS.get(name)) ? DRIVER : null;
        }
        return null;
    }

    private Binder others() {
        List<PropertySource<?>> others =
                getSource().stream().filter(one -> one != this).toList();
        return new Binder(
                ConfigurationPropertySources.from(others), new PropertySourcesPlaceholdersResolver(getSource()));
    }

    /** Empty also for what cannot be resolved: whoever needs the value reports that better. */
    private static Optional<String> value(Binder binder, String name) {
        try {
            return Optional.ofNullable(binder.bind(name, String.class).orElse(null))
                    .map(String::strip)
                    .filter(value -> !value.isEmpty());
        } catch (BindException | IllegalArgumentException unresolved) {
            return Optional.empty();
        }
    }

    private static boolean isSqlites(String driver) {
        return driver.equals(SQLITE_DRIVER);
    }

    /** Whether the first of the URLs that is set is ours. */
    private static boolean isOurs(Binder binder, List<String> urls) {
        return urls.stream()
                .flatMap(name -> value(binder, name).stream())
                .findFirst()
                .filter(url -> url.toLowerCase(Locale.ROOT).startsWith(URL_PREFIX))
                .isPresent();
    }
}
