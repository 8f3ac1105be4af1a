package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LtxHeaderTest {
    private static final LtxHeader HEADER =
            LtxHeader.of(4096, 11, TxidRange.of(18), 1795241656941L, 32, 4120, 0x88324cad, 0x9813fee0);
    private static final String HEX = "4c54583100000002000010000000000b00000000000000120000000000000012"
            + "000001a1fcbdc26d000000000000000000000000000000200000000000001018"
            + "88324cad9813fee00000000000000000" + "0".repeat(40);

    @Test
    void isEncodedAsTheFormatDrawsIt() {
        assertThat(HexFormat.of().formatHex(HEADER.encode())).isEqualTo(HEX);
    }

    @Test
    void decodesWhatItEncodes() throws LtxFormatException {
        LtxHeader everyField = new LtxHeader(0, 65536, 0xffff_ffffL, new TxidRange(2, -1), -5, -6, 7, 8, -9, -10, -11);
        assertThat(LtxHeader.decode("a.ltx", everyField.encode())).isEqualTo(everyField);
        assertThat(LtxHeader.decode("a.ltx", HEADER.encode())).isEqualTo(HEADER);
    }

    @Test
    void ignoresReservedBytes() throws LtxFormatException {
        byte[] bytes = HEADER.encode();
        Arrays.fill(bytes, 80, 100, (byte) 1);
        assertThat(LtxHeader.decode("a.ltx", bytes)).isEqualTo(HEADER);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4c545832, 0, magic",
        "4, 00000003, 4, flags",
        "4, 80000002, 4, flags",
        "8, 00001001, 8, page size",
        "8, 00000100, 8, page size",
        "8, 00020000, 8, page size",
        "8, 80000000, 8, page size",
        "8, 00000000, 8, page size",
        "16, 0000000000000000, 16, TXIDs",
        "16, 0000000000000013, 16, TXIDs",
        "24, 0000000000000000, 16, TXIDs",
        "40, 8000000000000000, 40, pre-apply",
        "48, ffffffffffffffff, 48, WAL offset",
        "48, 0000000000000000, 64, WAL salts",
        "56, ffffffffffffffff, 56, WAL size",
        "4, 00000000, 40, pre-apply",
    })
    void refusesBrokenRulesNamingFileOffsetAndRule(int at, String hex, long offset, String rule) {
        byte[] bytes = HEADER.encode();
        byte[] field = HexFormat.of().parseHex(hex);
        System.arraycopy(field, 0, bytes, at, field.length);
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> LtxHeader.decode("dir/a.ltx", bytes))
                .withMessageContainingAll("dir/a.ltx", "byte " + offset + ":", rule)
                .satisfies(e -> assertThat(e.offset()).isEqualTo(offset));
    }

    @Test
    void refusesAWalSizeWithoutOffset() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LtxHeader.of(512, 1, TxidRange.of(1), 0, 0, 24, 0, 0))
                .withMessageContaining("WAL size 24");
    }

    @Test
    void refusesAPreApplyChecksumInASnapshot() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LtxHeader(0, 512, 1, TxidRange.of(1), 0, PageChecksum.FLAG, 0, 0, 0, 0, 0));
        assertThat(new LtxHeader(0, 512, 1, TxidRange.of(1), 0, 0, 0, 0, 0, 0, 0).tracksChecksums())
                .isTrue();
    }

    @Test
    void refusesACommitThatIsNoPageNumber() {
        assertThatIllegalArgumentException().isThrownBy(() -> LtxFiles.header(512, 1L << 32, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> LtxFiles.header(512, -1, 1, 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 60, 99})
    void refusesTooFewBytes(int length) {
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> LtxHeader.decode("a.ltx", Arrays.copyOf(HEADER.encode(), length)))
                .withMessageContaining("byte " + length);
    }

    @Test
    void requiresTheTxidsOfTheFileName() throws LtxFormatException {
        assertThat(LtxHeader.decode("ltx/0/" + TxidRange.of(18).fileName(), HEADER.encode()))
                .isEqualTo(HEADER);
        assertThatExceptionOfType(LtxFormatException.class)
                .isThrownBy(() -> LtxHeader.decode("ltx/0/" + TxidRange.of(19).fileName(), HEADER.encode()))
                .withMessageContaining("differ from the file name");
    }

    @ParameterizedTest
    @CsvSource({
        "512, 2097153",
        "1024, 1048577",
        "2048, 524289",
        "4096, 262145",
        "8192, 131073",
        "16384, 65537",
        "32768, 32769",
        "65536, 16385"
    })
    void knowsTheLockPage(int pageSize, long lockPage) {
        assertThat(LtxFiles.header(pageSize, 1, 1, 1).lockPage()).isEqualTo(lockPage);
    }
}
