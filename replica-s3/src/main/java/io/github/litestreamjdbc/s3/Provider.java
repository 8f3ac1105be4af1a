package io.github.litestreamjdbc.s3;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is known about a kind of S3 service, recognised by the host of its endpoint. What conditional puts are worth is
 * never taken from here: it is tried out.
 */
enum Provider {
    AWS("(?:s3[.-])?(?:dualstack\\.)?(?<region>[a-z0-9-]+)?\\.?amazonaws\\.com(?:\\.cn)?", null, Style.HOST),
    R2("[0-9a-z-]+(?:\\.eu|\\.fedramp)?\\.r2\\.cloudflarestorage\\.com", "auto", Style.PATH) {
        @Override
        int concurrency() {
            return 2;
        }
    },
    B2("s3\\.(?<region>[a-z0-9-]+)\\.backblazeb2\\.com", null, Style.PATH),
    /** Answers path style and unsigned bodies with signature errors. */
    SPACES("(?<region>[a-z0-9-]+)\\.digitaloceanspaces\\.com", null, Style.HOST),
    LINODE("(?<region>[a-z0-9-]+)\\.linodeobjects\\.com", null, Style.PATH),
    WASABI("s3\\.(?:(?<region>[a-z0-9-]+)\\.)?wasabisys\\.com", "us-east-1", Style.PATH),
    HETZNER("(?<region>[a-z0-9-]+)\\.your-objectstorage\\.com", null, Style.PATH),
    /** Consistent only when asked for; refuses {@code Content-MD5}. */
    TIGRIS("fly\\.storage\\.tigris\\.dev|t3\\.storage\\.dev", "auto", Style.PATH) {
        @Override
        boolean contentMd5() {
            return false;
        }
    },
    SCALEWAY("s3\\.(?<region>[a-z0-9-]+)\\.scw\\.cloud", null, Style.PATH),
    FILEBASE("s3\\.filebase\\.com", "us-east-1", Style.PATH),
    SUPABASE("[a-z0-9]+(?:\\.storage)?\\.supabase\\.co", "us-east-1", Style.PATH),
    /** Its bulk deletion is not to be relied on. */
    GOOGLE("storage\\.googleapis\\.com", "auto", Style.PATH) {
        @Override
        boolean bulkDelete() {
            return false;
        }
    },
    OCI(
            "[a-z0-9-]+\\.compat\\.objectstorage\\.(?<region>[a-z0-9-]+)\\.(?:oraclecloud\\.com|oci\\.customer-oci\\.com)",
            null,
            Style.PATH),
    OVH("s3\\.(?<region>[a-z0-9-]+)\\.(?:io|perf)\\.cloud\\.ovh\\.(?:net|us)", null, Style.PATH),
    SELECTEL("s3\\.(?<region>[a-z0-9-]+)\\.storage\\.selcloud\\.ru", null, Style.PATH),
    /** MinIO and whatever else: path style and {@code us-east-1} are what such servers expect. */
    OTHER(".*", "us-east-1", Style.PATH);

    /** Where the name of the bucket goes. */
    private enum Style {
        PATH,
        HOST
    }

    private static final String DEFAULT_REGION = "us-east-1";

    private final Pattern host;
    private final String region;
    private final Style style;

    Provider(String host, String region, Style style) {
        this.host = Pattern.compile(host, Pattern.CASE_INSENSITIVE);
        this.region = region;
        this.style = style;
    }

    /** The provider behind an endpoint's host. */
    static Provider ofHost(String host) {
        for (Provider provider : values()) {
            if (provider.host.matcher(host).matches()) {
                return provider;
            }
        }
        return OTHER;
    }

    /** The provider of which this is an endpoint's host with a bucket before it; empty if it is none. */
    static Optional<Provider> ofBucketHost(String rest) {
        Provider provider = ofHost(rest);
        return provider == OTHER ? Optional.empty() : Optional.of(provider);
    }

    /** The region for an endpoint's host when nobody names one. */
    String region(String endpointHost) {
        if (region != null) {
            Matcher matcher = host.matcher(endpointHost);
            return this == WASABI && matcher.matches() && matcher.group("region") != null
                    ? matcher.group("region").toLowerCase(Locale.ROOT)
                    : region;
        }
        Matcher matcher = host.matcher(endpointHost);
        return matcher.matches() && matcher.group("region") != null
                ? matcher.group("region").toLowerCase(Locale.ROOT)
                : DEFAULT_REGION;
    }

    boolean pathStyle() {
        return style == Style.PATH;
    }

    /** Whether requests carry {@code Content-MD5} where S3 once demanded it. */
    boolean contentMd5() {
        return true;
    }

    /** Whether many objects are deleted by one request. */
    boolean bulkDelete() {
        return true;
    }

    /** How many parts of one object are uploaded at once. */
    int concurrency() {
        return 5;
    }
}
