package io.github.litestreamjdbc.driver;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks of the value of {@code replica} that need no store. */
final class ReplicaUrl {
    /** A scheme of one letter is a Windows drive. */
    private static final Pattern URL = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(.*)", Pattern.DOTALL);

    /** Query parameters of store URLs that hold secrets, without separators. */
    private static final Set<String> SECRETS = Set.of(
            "accesskeyid",
            "accesskey",
            "secretaccesskey",
            "secretkey",
            "secret",
            "sessiontoken",
            "token",
            "password",
            "ssecustomerkey");

    /** A colon that begins no port. */
    private static final Pattern NO_PORT = Pattern.compile("[^\\[]*:(?!\\d*$).*");

    private ReplicaUrl() {}

    /**
     * Checks it.
     *
     * @param database real path
     * @param metaPath absolute
     * @throws SQLException naming the parameter
     */
    static void check(Settings settings, String replica, Path database, Path metaPath) throws SQLException {
        Matcher url = URL.matcher(replica);
        if (!url.matches()) {
            throw settings.refused(
                    DriverProperty.REPLICA,
                    "is not a URL; write file:///absolute/dir, file:relative/dir, s3://bucket/path or none");
        }
        String scheme = url.group(1).toLowerCase(Locale.ROOT);
        if (scheme.equals("file")) {
            checkDirectory(settings, replica, database, metaPath);
        } else {
            checkStore(settings, scheme, url.group(2));
        }
    }

    /** One place, one spelling: {@code Path.toUri} ends in a slash as soon as the directory exists. */
    static String withoutTrailingSlash(String replica) {
        int end = replica.length();
        while (end > 1 && replica.charAt(end - 1) == '/' && replica.charAt(end - 2) != '/') {
            end--;
        }
        return replica.substring(0, end);
    }

    private static void checkDirectory(Settings settings, String replica, Path database, Path metaPath)
            throws SQLException {
        Path directory;
        try {
            directory = DatabaseFile.real(
                    Path.of(path(settings, replica)).toAbsolutePath().normalize());
        } catch (InvalidPathException e) {
            throw settings.refused(DriverProperty.REPLICA, "is not a path: " + e.getReason());
        }
        if (directory.equals(database.getParent())) {
            throw settings.refused(
                    DriverProperty.REPLICA, "is the directory of the database itself; name another directory");
        }
        if (directory.startsWith(metaPath)) {
            throw settings.refused(
                    DriverProperty.REPLICA,
                    "is inside the meta path " + metaPath + ", which holds the local files; name another directory");
        }
    }

    private static String path(Settings settings, String replica) throws SQLException {
        try {
            return DatabaseFile.uriPath("file:" + replica.substring("file:".length()));
        } catch (SQLException e) {
            throw settings.refused(DriverProperty.REPLICA, "is refused: " + e.getMessage());
        }
    }

    private static void checkStore(Settings settings, String scheme, String rest) throws SQLException {
        int question = rest.indexOf('?');
        String location = question < 0 ? rest : rest.substring(0, question);
        String query = question < 0 ? "" : rest.substring(question + 1);
        String authority = location.startsWith("//") ? location.substring(2).split("/", 2)[0] : "";
        // Secrets of AWS hold slashes: what looks like a path may be the rest of one.
        boolean keys =
                !authority.startsWith("arn:") && NO_PORT.matcher(authority).matches() && location.contains("@");
        if (authority.contains("@") || keys || holdsSecret(query)) {
            throw SqlErrors.refused("parameter 'replica' holds a secret, and URLs are logged; set "
                    + "s3.access-key-id and s3.secret-access-key as connection properties, system properties, in the "
                    + "environment or in the file named by 'config'");
        }
        if (scheme.equals("s3")
                && location.substring(Math.min(location.length(), 2 + authority.length()))
                        .matches("/*")) {
            throw settings.refused(
                    DriverProperty.REPLICA,
                    "has no path below the bucket; write s3://bucket/path, a path per database");
        }
    }

    private static boolean holdsSecret(String query) {
        for (String pair : query.split("&")) {
            String name = pair.split("=", 2)[0].toLowerCase(Locale.ROOT).replaceAll("[._-]", "");
            if (SECRETS.contains(name.startsWith("s3") ? name.substring(2) : name)) {
                return true;
            }
        }
        return false;
    }
}
