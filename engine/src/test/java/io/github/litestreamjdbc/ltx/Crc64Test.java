package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Crc64Test {
    @ParameterizedTest
    @CsvSource({"123456789, b90956c775a41001", "'', 0000000000000000", "abc, 3776c42000000000"})
    void hasTheValuesOfCrc64Iso(String text, String expected) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        Crc64 crc = new Crc64();
        crc.update(bytes, 0, bytes.length);
        assertThat(Txid.format(crc.getValue())).isEqualTo(expected);
    }

    @Test
    void hasTheValueOfOneZeroByte() {
        Crc64 crc = new Crc64();
        crc.update(0);
        assertThat(Txid.format(crc.getValue())).isEqualTo("6f90000000000000");
        crc.reset();
        assertThat(crc.getValue()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 512, efb1f44fecd99000",
        "2, 512, ef63e89fecd99000",
        "1, 4096, d9328f592d9e733d",
    })
    void sumsPagesOfZeros(long pgno, int pageSize, String expected) {
        assertThat(Txid.format(PageChecksum.of(pgno, new byte[pageSize], 0, pageSize)))
                .isEqualTo(expected);
    }

    @Test
    void sumsADatabase() {
        byte[] first = LtxVectorTest.firstPage();
        long database = PageChecksum.toggle(PageChecksum.FLAG, PageChecksum.of(1, first, 0, 512));
        assertThat(Txid.format(database)).isEqualTo("c6f13286cb62cc9f");
        database = PageChecksum.toggle(database, PageChecksum.of(2, new byte[512], 0, 512));
        assertThat(Txid.format(database)).isEqualTo("a992da1927bb5c9f");
    }
}
