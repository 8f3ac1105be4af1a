package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PageOrderTest {
    private static final int PAGE_SIZE = 65536;
    private static final long LOCK_PAGE = 16385;

    @Test
    void letsASnapshotSkipTheLockPageOnly() {
        PageOrder order = order(LOCK_PAGE + 1, 1);
        LongStream.range(1, LOCK_PAGE)
                .forEach(pgno -> assertThat(order.violationBy(pgno)).isNull());
        assertThat(order.violationByEnd()).contains("page 16386 of 16386 is missing");
        assertThat(order.violationBy(LOCK_PAGE)).contains("lock page");
        assertThat(order.violationBy(LOCK_PAGE + 1)).isNull();
        assertThat(order.violationByEnd()).isNull();
    }

    @Test
    void takesASnapshotThatEndsAtTheLockPageForComplete() {
        PageOrder order = order(LOCK_PAGE, 1);
        LongStream.range(1, LOCK_PAGE)
                .forEach(pgno -> assertThat(order.violationBy(pgno)).isNull());
        assertThat(order.violationByEnd()).isNull();
    }

    @Test
    void findsHolesInASnapshot() {
        assertThat(order(3, 1).violationBy(2)).contains("page 1 of 3 is missing");
        PageOrder order = order(3, 1);
        assertThat(order.violationBy(1)).isNull();
        assertThat(order.violationBy(4)).contains("page 2 of 3 is missing");
    }

    @Test
    void letsOtherFilesHaveHolesButAscend() {
        PageOrder order = order(9, 2);
        assertThat(order.violationBy(3)).isNull();
        assertThat(order.violationBy(3)).contains("must ascend");
        assertThat(order.violationBy(2)).contains("must ascend");
        assertThat(order.violationBy(0xffff_ffffL)).isNull();
        assertThat(order.violationByEnd()).isNull();
    }

    private static PageOrder order(long commitPages, long minTxid) {
        return new PageOrder(LtxFiles.header(PAGE_SIZE, commitPages, minTxid, 9));
    }
}
