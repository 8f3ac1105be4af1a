package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.StoreConfigurationException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A replica's URL taken apart: {@code s3://bucket/path}, {@code s3://bucket.<endpoint>/path} for the endpoints of known
 * providers, {@code s3://arn:aws:s3:…/path}, {@code r2://account/bucket/path}, {@code b2://bucket.region/path} and
 * {@code minio://host:port/bucket/path}; settings may follow as a query.
 *
 * @param bucket name or access point ARN
 * @param path without slashes at its ends; never empty
 * @param endpoint as the URL implies it; null if it does not
 * @param region as the URL implies it; null if it does not
 * @param query settings by parameter name, such as {@code s3.region}
 */
record S3Url(String bucket, String path, String endpoint, String region, Map<String, String> query) {
    static final Set<String> SCHEMES = Set.of("s3", "r2", "b2", "minio");

    private static final Pattern URL = Pattern.compile("([A-Za-z0-9]+)://([^?#]*)(?:\\?([^#]*))?");

    /** What nobody but a bearer of keys writes before the path: an {@code @}, or a colon that begins no port. */
    private static final Pattern KEYS = Pattern.compile(
            "[a-z0-9]+:/*(?!arn(?::|%3a))(?:[^/?]*(?:@|%40)|[^/?\\[]*(?::|%3a)(?!\\d*(?:[/?#]|$))).*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final String ARN = "(arn:[^:/]*:[^:/]*:[^:/]*:[^:/]*:";
    private static final Pattern ACCESS_POINT = Pattern.compile(ARN + "accesspoint[:/][^/]+)/(.*)");
    private static final Pattern OUTPOST = Pattern.compile(ARN + "outpost[:/][^/]+[:/]accesspoint[:/][^/]+)/(.*)");

    /** Old buckets of AWS and those of other services may hold more than new ones of AWS. */
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9._-]{1,255}");

    private static final Pattern LOCAL = Pattern.compile("([^.]+)\\.(localhost(?::\\d+)?)");

    /** What may stand in a query, without separators and in lower case, as Litestream spells it and as we do. */
    private static final Map<String, String> QUERY_NAMES = Map.ofEntries(
            Map.entry("endpoint", "s3.endpoint"),
            Map.entry("region", "s3.region"),
            Map.entry("forcepathstyle", "s3.path-style"),
            Map.entry("pathstyle", "s3.path-style"),
            Map.entry("profile", "s3.profile"),
            Map.entry("signpayload", "s3.sign-payload"),
            Map.entry("requirecontentmd5", "s3.require-content-md5"),
            Map.entry("skipverify", "s3.skip-verify"),
            Map.entry("storageclass", "s3.storage-class"),
            Map.entry("partsize", "s3.part-size"),
            Map.entry("concurrency", "s3.concurrency"),
            Map.entry("sse", "s3.sse"),
            Map.entry("ssekmskeyid", "s3.sse-kms-key-id"));

    /** Part of a customer's key that follow from it, which Litestream wants spelled out. */
    private static final Set<String> IMPLIED = Set.of("ssecustomeralgorithm", "ssecustomerkeymd5");

    static S3Url parse(String url) throws StoreConfigurationException {
        // First, for a secret may hold whatever makes the rest of it look like something else.
        if (KEYS.matcher(url).matches()) {
            throw new StoreConfigurationException(
                    "the replica's URL has an @ or a colon before its path; credentials are not taken"
                            + " from there: give s3.access-key-id and s3.secret-access-key as properties or in the environment");
        }
        Matcher matcher = URL.matcher(url);
        if (!matcher.matches()) {
            throw wrong(url, "is not a URL of an S3 store; write for example s3://bucket/path");
        }
        String location = decode(url, matcher.group(2));
        Map<String, String> query = matcher.group(3) == null ? Map.of() : query(url, matcher.group(3));
        return switch (matcher.group(1).toLowerCase(Locale.ROOT)) {
            case "s3" -> s3(url, location, query);
            case "r2" -> r2(url, location, query);
            case "b2" -> b2(url, location, query);
            case "minio" -> minio(url, location, query);
            default -> throw wrong(url, "is not a URL of an S3 store; write for example s3://bucket/path");
        };
    }

    private static S3Url s3(String url, String location, Map<String, String> query) throws StoreConfigurationException {
        for (Pattern arn : List.of(OUTPOST, ACCESS_POINT)) {
            Matcher matcher = arn.matcher(location);
            if (matcher.matches()) {
                if (matcher.group(1).split(":")[3].isEmpty()) {
                    throw wrong(
                            url,
                            "names an access point of several regions, whose signatures are not supported; name a bucket"
                                    + " or an access point of one region");
                }
                return of(url, matcher.group(1), matcher.group(2), null, null, query);
            }
        }
        if (location.startsWith("arn:")) {
            throw wrong(
                    url,
                    "has an ARN that is not an access point's; write s3://arn:aws:s3:<region>:<account>:accesspoint/<name>/path,"
                            + " or of a bucket write the bucket's name alone: s3://bucket/path");
        }
        String[] parts = segments(url, location, "s3://bucket/path", 2);
        String host = parts[0];
        Matcher local = LOCAL.matcher(host);
        if (local.matches()) {
            return of(url, local.group(1), parts[1], "http://" + local.group(2), null, query);
        }
        if (Provider.ofBucketHost(host).isPresent()) {
            throw wrong(
                    url,
                    "names a service and no bucket; write the bucket before the service's host: s3://bucket." + host
                            + "/path");
        }
        // The shortest bucket that leaves a known endpoint: bucket names may hold dots themselves.
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            String rest = host.substring(dot + 1);
            var provider = Provider.ofBucketHost(rest);
            if (provider.isPresent()) {
                boolean aws = provider.get() == Provider.AWS;
                String region = aws ? awsRegion(rest) : null;
                return of(url, host.substring(0, dot), parts[1], aws ? null : "https://" + rest, region, query);
            }
        }
        return of(url, host, parts[1], null, null, query);
    }

    private static String awsRegion(String host) {
        Matcher matcher = Pattern.compile("s3[.-](?:dualstack\\.)?([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?")
                .matcher(host.toLowerCase(Locale.ROOT));
        return matcher.matches() ? matcher.group(1) : null;
    }

    private static S3Url r2(String url, String location, Map<String, String> query) throws StoreConfigurationException {
        String[] parts = segments(url, location, "r2://account/bucket/path", 3);
        return of(url, parts[1], parts[2], "https://" + parts[0] + ".r2.cloudflarestorage.com", null, query);
    }

    private static S3Url b2(String url, String location, Map<String, String> query) throws StoreConfigurationException {
        String form = "b2://region/bucket/path, such as b2://us-west-004/bucket/path";
        String[] parts = segments(url, location, form, 3);
        return of(url, parts[1], parts[2], "https://s3." + parts[0] + ".backblazeb2.com", null, query);
    }

    private static S3Url minio(String url, String location, Map<String, String> query)
            throws StoreConfigurationException {
        String[] parts = segments(url, location, "minio://host:port/bucket/path", 3);
        return of(url, parts[1], parts[2], parts[0], null, query);
    }

    /** The last one is what is left, and may hold slashes. */
    private static String[] segments(String url, String location, String form, int count)
            throws StoreConfigurationException {
        String[] parts = location.split("/", count);
        int named = 0;
        while (named < parts.length && !parts[named].isEmpty()) {
            named++;
        }
        if (named < count - 1) {
            throw wrong(url, "is incomplete; write " + form);
        }
        if (parts.length < count) {
            throw noPath(url);
        }
        return parts;
    }

    private static S3Url of(
            String url, String bucket, String path, String endpoint, String region, Map<String, String> query)
            throws StoreConfigurationException {
        List<String> segments = new ArrayList<>();
        for (String segment : path.split("/")) {
            if (segment.equals(".") || segment.equals("..")) {
                throw wrong(url, "has a segment '" + segment + "', which some stores take for a folder; leave it out");
            }
            if (!segment.isEmpty()) {
                segments.add(segment);
            }
        }
        if (segments.isEmpty()) {
            throw noPath(url);
        }
        if (!bucket.startsWith("arn:") && !BUCKET.matcher(bucket).matches()) {
            throw wrong(
                    url,
                    "has '" + bucket + "' where a bucket's name is expected, which consists of letters, digits,"
                            + " dots, hyphens and underscores");
        }
        return new S3Url(bucket, String.join("/", segments), endpoint, region, query);
    }

    private static StoreConfigurationException noPath(String url) {
        return wrong(
                url,
                "has no path below the bucket, which other tools cannot restore from; name one for each database, such"
                        + " as s3://bucket/app");
    }

    private static Map<String, String> query(String url, String text) throws StoreConfigurationException {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : text.split("&")) {
            if (pair.isEmpty()) {
                continue;
            }
            String[] parts = pair.split("=", 2);
            String plain = parts[0].toLowerCase(Locale.ROOT).replaceAll("[._-]", "");
            plain = plain.startsWith("s3") ? plain.substring(2) : plain;
            if (IMPLIED.contains(plain)) {
                continue;
            }
            String name = QUERY_NAMES.get(plain);
            if (name == null) {
                throw new StoreConfigurationException("replica=" + withoutQuery(url) + ": unknown parameter '"
                        + parts[0] + "' in its query; known are " + new TreeSet<>(QUERY_NAMES.values())
                        + ", with or without 's3.'. Keys are not accepted there, for URLs are logged");
            }
            String value = parts.length < 2 ? "true" : decode(url, parts[1]);
            if (query.put(name, value) != null) {
                throw wrong(url, "has '" + parts[0] + "' twice; remove one");
            }
        }
        return Map.copyOf(query);
    }

    private static String decode(String url, String text) throws StoreConfigurationException {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw wrong(url, "has a % that is not followed by two hex digits; write %25 for a % sign");
        }
    }

    private static String withoutQuery(String url) {
        int question = url.indexOf('?');
        return question < 0 ? url : url.substring(0, question);
    }

    private static StoreConfigurationException wrong(String url, String reason) {
        return new StoreConfigurationException("replica=" + withoutQuery(url) + " " + reason);
    }
}
