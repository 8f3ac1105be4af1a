package io.github.litestreamjdbc.driver;

import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where metrics are served. */
final class MetricsAddress {
    private static final String LOOPBACK = "127.0.0.1";

    /** Host, in brackets for IPv6, and port. */
    private static final Pattern ADDRESS = Pattern.compile("(?:(\\[[0-9a-fA-F:.]+]|[^:\\[\\]\\s]+):)?([0-9]{1,5})");

    private MetricsAddress() {}

    /** Empty if it is off. */
    static Optional<InetSocketAddress> of(Settings settings) throws SQLException {
        String text = settings.text(DriverProperty.METRICS_ADDRESS).orElseThrow();
        if (text.equalsIgnoreCase("off")) {
            return Optional.empty();
        }
        Matcher address = ADDRESS.matcher(text);
        if (!address.matches()
                || Integer.parseInt(address.group(2)) < 1
                || Integer.parseInt(address.group(2)) > 65535) {
            throw settings.refused(
                    DriverProperty.METRICS_ADDRESS, "must be off, a port or host:port, such as 9090 or 0.0.0.0:9090");
        }
        String host = address.group(1) == null ? LOOPBACK : address.group(1);
        InetSocketAddress resolved = new InetSocketAddress(host, Integer.parseInt(address.group(2)));
        if (resolved.isUnresolved()) {
            throw settings.refused(DriverProperty.METRICS_ADDRESS, "names a host that is not known here");
        }
        return Optional.of(resolved);
    }
}
