package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TxidRangeTest {
    @Test
    void namesItsFile() {
        assertThat(new TxidRange(1, 0xff).fileName()).isEqualTo("0000000000000001-00000000000000ff.ltx");
        assertThat(TxidRange.of(-1).fileName()).isEqualTo("ffffffffffffffff-ffffffffffffffff.ltx");
    }

    @Test
    void parsesItsFileName() {
        TxidRange range = new TxidRange(0xabcdef, 0x8000_0000_0000_0000L);
        assertThat(TxidRange.parseFileName(range.fileName())).contains(range);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0000000000000001-00000000000000FF.ltx",
                "0000000000000001-00000000000000ff.ltx.tmp",
                "0000000000000001-00000000000000ff.LTX",
                "ltx/0/0000000000000001-00000000000000ff.ltx",
                "000000000000001-00000000000000ff.ltx",
                "0000000000000001_00000000000000ff.ltx",
                "0000000000000000-00000000000000ff.ltx",
                "0000000000000002-0000000000000001.ltx",
                "0000000000000001-00000000000000f\u0663.ltx"
            })
    void takesNothingElseForAFileName(String fileName) {
        assertThat(TxidRange.parseFileName(fileName)).isEmpty();
    }

    @Test
    void refusesTxidZeroAndReversedOrder() {
        assertThatIllegalArgumentException().isThrownBy(() -> TxidRange.of(0));
        assertThatIllegalArgumentException().isThrownBy(() -> new TxidRange(2, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new TxidRange(-1, 1));
    }

    @Test
    void ordersUnsignedByFirstThenLast() {
        assertThat(new TxidRange(1, 9)).isLessThan(new TxidRange(2, 3));
        assertThat(new TxidRange(2, 3)).isLessThan(new TxidRange(2, 4));
        assertThat(new TxidRange(2, Long.MAX_VALUE)).isLessThan(new TxidRange(2, Long.MIN_VALUE));
        assertThat(TxidRange.of(1)).isLessThan(TxidRange.of(-1));
    }

    @Test
    void isContinuedByWhatLeavesNoGapAndGoesFurther() {
        TxidRange range = new TxidRange(4, 6);
        assertThat(range.isContinuedBy(new TxidRange(7, 7))).isTrue();
        assertThat(range.isContinuedBy(new TxidRange(1, 7))).isTrue();
        assertThat(range.isContinuedBy(new TxidRange(5, 6))).isFalse();
        assertThat(range.isContinuedBy(new TxidRange(8, 9))).isFalse();
        assertThat(new TxidRange(1, -1).isContinuedBy(new TxidRange(1, -1))).isFalse();
        assertThat(new TxidRange(1, Long.MAX_VALUE).isContinuedBy(TxidRange.of(Long.MIN_VALUE)))
                .isTrue();
    }

    @Test
    void containsItsEnds() {
        TxidRange range = new TxidRange(4, 6);
        assertThat(range.contains(3)).isFalse();
        assertThat(range.contains(4)).isTrue();
        assertThat(range.contains(6)).isTrue();
        assertThat(range.contains(7)).isFalse();
        assertThat(range.contains(-1)).isFalse();
    }

    @Test
    void parsesOnlySixteenLowerCaseDigits() {
        assertThat(Txid.parse("00000000000000ff")).isEqualTo(255);
        assertThat(Txid.parse("ffffffffffffffff")).isEqualTo(-1);
        assertThat(Txid.compare(-1, 1)).isPositive();
        for (String text : new String[] {"", "ff", "00000000000000FF", "000000000000000g", "00000000000000fff"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Txid.parse(text));
        }
    }
}
