package io.github.litestreamjdbc.replica;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The lease as it lies in the replica, a flat JSON object. {@code generation}, {@code expires_at} and {@code owner} are
 * Litestream's; the expiry is for people and for Litestream, and never read here.
 *
 * @param generation the epoch, from 1 on; it only grows, so the object is never deleted
 * @param expiresAt by the writer's clock
 * @param owner in words
 * @param nonce another one for each content that is written; empty if Litestream wrote it
 * @param released whether the owner has given it back
 * @param ttlMillis how long it holds without renewal; 0 if Litestream wrote it
 * @param renew how often this owner renewed it
 */
record LeaseFile(
        long generation, Instant expiresAt, String owner, String nonce, boolean released, long ttlMillis, long renew) {
    private static final int VERSION = 1;

    byte[] encode() {
        return ("{\"generation\":" + generation + ",\"expires_at\":\"" + expiresAt + "\",\"owner\":\"" + plain(owner)
                        + "\",\"nonce\":\"" + nonce + "\",\"state\":\"" + (released ? "released" : "held")
                        + "\",\"ttl_ms\":" + ttlMillis + ",\"renew\":" + renew + ",\"version\":" + VERSION + "}\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** @throws IOException if these bytes are no lease */
    static LeaseFile decode(byte[] bytes) throws IOException {
        String json = new String(bytes, StandardCharsets.UTF_8);
        long generation = number(json, "generation", -1);
        if (generation < 0 || !json.strip().startsWith("{")) {
            throw new IOException("lock.json is not a lease: it has no generation");
        }
        return new LeaseFile(
                generation,
                Instant.EPOCH,
                text(json, "owner"),
                text(json, "nonce"),
                text(json, "state").equals("released"),
                number(json, "ttl_ms", 0),
                number(json, "renew", 0));
    }

    private static long number(String json, String field, long otherwise) {
        Matcher found =
                Pattern.compile("\"" + field + "\"\\s*:\\s*(\\d{1,18})\\b").matcher(json);
        return found.find() ? Long.parseLong(found.group(1)) : otherwise;
    }

    private static String text(String json, String field) {
        Matcher found =
                Pattern.compile("\"" + field + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    /** Nothing that JSON would have to escape. */
    private static String plain(String text) {
        return text.replaceAll("[^\\p{Alnum} .:@_-]", "_");
    }
}
