package io.github.litestreamjdbc.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;

/** What the writers of one bank were told, transfer by transfer. Safe for use by several threads. */
final class Ledger {
    private final long[] acknowledged = new long[Bank.WRITERS];
    private final long[] replicated = new long[Bank.WRITERS];

    static boolean isAboutTransfers(String line) {
        return line.startsWith("ACK ") || line.startsWith("REPLICATED ");
    }

    /** A line such as {@code ACK 2 17} or {@code REPLICATED 4 17 3 9 0 0}. */
    synchronized void hear(String line) {
        String[] words = line.split(" ");
        if (words[0].equals("ACK")) {
            raise(acknowledged, Integer.parseInt(words[1]), Long.parseLong(words[2]));
        } else {
            for (int writer = 0; writer < Bank.WRITERS; writer++) {
                raise(replicated, writer, Long.parseLong(words[writer + 1]));
            }
        }
    }

    private static void raise(long[] numbers, int writer, long n) {
        numbers[writer] = Math.max(numbers[writer], n);
    }

    synchronized long acknowledged() {
        return Arrays.stream(acknowledged).sum();
    }

    synchronized boolean isAnythingReplicated() {
        return Arrays.stream(replicated).anyMatch(n -> n > 0);
    }

    /** The machine was lost: only what was known to be in the replica has to be there from now on. */
    synchronized void forgetUnreplicated() {
        System.arraycopy(replicated, 0, acknowledged, 0, Bank.WRITERS);
    }

    synchronized void assertNothingReplicatedIsMissing(Connection restored) throws SQLException {
        assertContains(restored, replicated, "reported replicated");
    }

    synchronized void assertNothingIsMissing(Connection live) throws SQLException {
        assertContains(live, acknowledged, "acknowledged");
    }

    private static void assertContains(Connection connection, long[] numbers, String what) throws SQLException {
        long[] last = Bank.last(connection);
        for (int writer = 0; writer < Bank.WRITERS; writer++) {
            assertThat(last[writer])
                    .as("transfers of writer %d that were %s", writer, what)
                    .isGreaterThanOrEqualTo(numbers[writer]);
        }
    }
}
