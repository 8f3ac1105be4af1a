package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.StoreConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The settings of a replica, each from the URL itself or else from the parameters, with the errors that name them. */
final class SettingValues {
    private static final Pattern PRIVATE_HOST = Pattern.compile(
            "localhost|[^.:]+|127\\..*|10\\..*|192\\.168\\..*|172\\.(1[6-9]|2\\d|3[01])\\..*|\\[(::|(0:){7})1]|\\[f[cd].*|.*\\.(local|internal|localhost)");

    private static final Pattern SIZE = Pattern.compile("(\\d+) ?(|b|kib|mib|gib|kb|mb|gb)");
    private static final Map<String, Long> BYTES = Map.of(
            "",
            1L,
            "b",
            1L,
            "kib",
            1L << 10,
            "mib",
            1L << 20,
            "gib",
            1L << 30,
            "kb",
            1_000L,
            "mb",
            1_000_000L,
            "gb",
            1_000_000_000L);

    /** A replica is read again and again, to merge its files, and at once when it is needed. */
    private static final Set<String> ARCHIVES = Set.of("GLACIER", "DEEP_ARCHIVE");

    private static final int CUSTOMER_KEY_BYTES = 32;

    private final S3Url url;
    private final Map<String, String> settings;

    SettingValues(S3Url url, Map<String, String> settings) {
        this.url = url;
        this.settings = settings;
    }

    Optional<String> text(String name) {
        String inUrl = url.query().get(name);
        return Optional.ofNullable(inUrl != null ? inUrl : settings.get(name));
    }

    /** Empty for AWS. */
    Optional<URI> endpoint() throws StoreConfigurationException {
        String text = url.query().get("s3.endpoint");
        if (text == null) {
            text = url.endpoint() != null ? url.endpoint() : settings.get("s3.endpoint");
        }
        if (text == null || url.region() != null && url.endpoint() == null) {
            return Optional.empty();
        }
        String whole = text.contains("://") ? text : (isPrivate(host(text)) ? "http://" : "https://") + text;
        try {
            URI uri = new URI(whole);
            String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
            if (uri.getHost() == null
                    || !(scheme.equals("http") || scheme.equals("https"))
                    || uri.getRawUserInfo() != null
                    || uri.getRawQuery() != null) {
                throw wrongEndpoint(text);
            }
            return Optional.of(uri);
        } catch (URISyntaxException e) {
            throw wrongEndpoint(text);
        }
    }

    private static String host(String address) {
        String authority = address.split("/", 2)[0];
        int port = authority.lastIndexOf(':');
        return port < 0 || authority.endsWith("]") ? authority : authority.substring(0, port);
    }

    /** Whether a host is on this machine or in a network of one's own. */
    static boolean isPrivate(String host) {
        return PRIVATE_HOST.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }

    /** Empty if it is a bucket of AWS whose region nothing names. */
    Optional<String> region(Provider provider, Optional<URI> endpoint) throws StoreConfigurationException {
        String inUrl = url.query().get("s3.region");
        String named = inUrl != null ? inUrl : url.region() != null ? url.region() : settings.get("s3.region");
        if (named != null) {
            if (!named.matches("[A-Za-z0-9-]+")) {
                throw wrong("s3.region", named, "is not the name of a region; write for example eu-central-1");
            }
            return Optional.of(named);
        }
        if (endpoint.isPresent()) {
            return Optional.of(provider.region(endpoint.get().getHost()));
        }
        if (url.bucket().startsWith("arn:")) {
            return Optional.of(url.bucket().split(":")[3]).filter(region -> !region.isEmpty());
        }
        return Optional.empty();
    }

    Optional<Boolean> flag(String name) throws StoreConfigurationException {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        return switch (text.get().toLowerCase(Locale.ROOT)) {
            case "true", "1" -> Optional.of(true);
            case "false", "0" -> Optional.of(false);
            default -> throw wrong(name, text.get(), "must be true or false");
        };
    }

    int count(String name, int defaultValue) throws StoreConfigurationException {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return defaultValue;
        }
        if (!text.get().matches("[1-9]\\d{0,2}")) {
            throw wrong(name, text.get(), "must be a whole number from 1 to 999");
        }
        return Integer.parseInt(text.get());
    }

    long size(String name, long defaultBytes, long leastBytes, long mostBytes) throws StoreConfigurationException {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return defaultBytes;
        }
        Matcher matcher = SIZE.matcher(text.get().strip().toLowerCase(Locale.ROOT));
        try {
            long bytes = matcher.matches()
                    ? Math.multiplyExact(Long.parseLong(matcher.group(1)), BYTES.get(matcher.group(2)))
                    : 0;
            if (bytes >= leastBytes && bytes <= mostBytes) {
                return bytes;
            }
        } catch (ArithmeticException | NumberFormatException tooLarge) {
            // Refused below like every other size out of range.
        }
        throw wrong(
                name,
                text.get(),
                "must be a size from " + (leastBytes >> 20) + "MiB to " + (mostBytes >> 30) + "GiB, such as 16MiB");
    }

    Optional<String> storageClass() throws StoreConfigurationException {
        Optional<String> name = text("s3.storage-class");
        if (name.isPresent() && ARCHIVES.contains(name.get().toUpperCase(Locale.ROOT))) {
            throw wrong(
                    "s3.storage-class",
                    name.get(),
                    "is an archive, whose objects cannot be read until somebody has them brought back; write for example"
                            + " STANDARD_IA or GLACIER_IR");
        }
        return name;
    }

    Credentials credentials() throws StoreConfigurationException {
        Optional<String> id = text("s3.access-key-id");
        Optional<String> secret = text("s3.secret-access-key");
        if (id.isPresent() != secret.isPresent()) {
            throw new StoreConfigurationException(
                    (id.isPresent() ? "s3.access-key-id" : "s3.secret-access-key") + " is given without "
                            + (id.isPresent() ? "s3.secret-access-key" : "s3.access-key-id")
                            + "; give both, or neither for the default credentials of AWS");
        }
        Optional<String> profile = text("s3.profile");
        if (id.isPresent()) {
            return new Credentials.Keys(id.get(), secret.get(), text("s3.session-token"));
        }
        return profile.isPresent() ? new Credentials.Profile(profile.get()) : new Credentials.DefaultChain();
    }

    Encryption encryption() throws StoreConfigurationException {
        Optional<String> sse = text("s3.sse");
        Optional<String> kmsKey = text("s3.sse-kms-key-id");
        Optional<String> customerKey = text("s3.sse-customer-key");
        if (customerKey.isPresent()) {
            if (kmsKey.isPresent() || sse.isPresent()) {
                throw new StoreConfigurationException("s3.sse-customer-key excludes s3.sse and s3.sse-kms-key-id;"
                        + " an object is encrypted with one key");
            }
            return customerKey(customerKey.get());
        }
        String kind = sse.orElse(kmsKey.isPresent() ? "aws:kms" : "none");
        return switch (kind) {
            case "none" -> new Encryption.BucketDefault();
            case "AES256" -> {
                if (kmsKey.isPresent()) {
                    throw wrong("s3.sse", kind, "excludes s3.sse-kms-key-id; write s3.sse=aws:kms or leave one out");
                }
                yield new Encryption.ServiceKey();
            }
            case "aws:kms" -> new Encryption.Kms(kmsKey);
            default -> throw wrong("s3.sse", kind, "must be AES256, aws:kms or none");
        };
    }

    private static Encryption customerKey(String key) throws StoreConfigurationException {
        String form = "s3.sse-customer-key must be 32 bytes in base 64; make one with: openssl rand -base64 32";
        try {
            byte[] bytes = Base64.getDecoder().decode(key);
            if (bytes.length != CUSTOMER_KEY_BYTES) {
                throw new StoreConfigurationException(form);
            }
            byte[] md5 = MessageDigest.getInstance("MD5").digest(bytes);
            return new Encryption.CustomerKey(key, Base64.getEncoder().encodeToString(md5));
        } catch (IllegalArgumentException e) {
            throw new StoreConfigurationException(form);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Before an {@code @} and behind a question mark there may be a secret: such a value is not repeated. */
    private static StoreConfigurationException wrongEndpoint(String text) {
        boolean maySayMore = text.indexOf('@') < 0 && text.indexOf('?') < 0;
        return wrong(
                "s3.endpoint",
                maySayMore ? text : "…",
                "must be the address of a service, such as https://s3.example.com, without credentials and parameters");
    }

    private static StoreConfigurationException wrong(String name, String value, String reason) {
        return new StoreConfigurationException("parameter '" + name + "=" + value + "' " + reason);
    }
}
