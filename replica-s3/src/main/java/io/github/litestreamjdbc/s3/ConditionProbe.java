package io.github.litestreamjdbc.s3;

import io.github.litestreamjdbc.spi.LogLine;
import io.github.litestreamjdbc.spi.ObjectBody;
import io.github.litestreamjdbc.spi.Precondition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Finds out what conditional puts are worth: a small object of its own is created and then put twice more, with
 * conditions that do not hold. A store that lets one pass ignores it. Providers change and misstate this, so no table
 * decides it. It proves nothing about requests at the same instant.
 */
final class ConditionProbe {
    private static final System.Logger LOG = System.getLogger(ConditionProbe.class.getName());

    private static final ObjectBody CONTENT = ObjectBody.of("litestream-jdbc\n".getBytes(StandardCharsets.US_ASCII));

    /** No content has it. */
    private static final Precondition IMPOSSIBLE = new Precondition.IfMatch("0".repeat(32));

    private final Sender sender;
    private final Requests requests;
    private final String key;

    /** @param root of the replica, with its trailing slash */
    ConditionProbe(Sender sender, Requests requests, String root) {
        this.sender = sender;
        this.requests = requests;
        // Of its own, so that probes at the same time do not see each other's.
        this.key = root + "probe-" + UUID.randomUUID();
    }

    private enum Answer {
        DONE,
        NOT_MET,
        NOT_UNDERSTOOD
    }

    /** Four requests, or five; nothing is left behind. */
    Conditions run() throws IOException {
        try {
            // Not met where nothing is: the answer to an earlier attempt got lost, so our object is there already.
            Answer first = put(Precondition.IF_ABSENT);
            if (first == Answer.NOT_UNDERSTOOD) {
                put(Precondition.NONE);
            }
            boolean ifAbsent = first != Answer.NOT_UNDERSTOOD && put(Precondition.IF_ABSENT) == Answer.NOT_MET;
            return new Conditions(ifAbsent, put(IMPOSSIBLE) == Answer.NOT_MET);
        } finally {
            delete();
        }
    }

    private Answer put(Precondition precondition) throws IOException {
        try {
            sender.send(client -> client.putObject(
                    requests.put(key, CONTENT.lengthBytes(), Instant.EPOCH, precondition),
                    SentBody.of(CONTENT).content()));
            return Answer.DONE;
        } catch (SdkException e) {
            if (S3Failures.status(e) == S3Failures.PRECONDITION) {
                return Answer.NOT_MET;
            }
            if (!(precondition instanceof Precondition.None) && S3Failures.refusesHeader(e)) {
                return Answer.NOT_UNDERSTOOD;
            }
            throw e;
        }
    }

    private void delete() {
        try {
            sender.send(client -> client.deleteObject(requests.delete(key)));
        } catch (SdkException | IOException e) {
            LOG.log(System.Logger.Level.DEBUG, LogLine.of("key", key).says("could not be deleted: " + e));
        }
    }
}
