package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class Crc64Properties {
    @Property
    void equalsTheBitwiseDefinitionHoweverTheInputIsSplit(
            @ForAll @Size(max = 200) byte[] bytes, @ForAll @IntRange(max = 200) int split) {
        int middle = Math.min(split, bytes.length);
        Crc64 crc = new Crc64();
        crc.update(bytes, 0, middle);
        crc.update(bytes, middle, bytes.length - middle);
        assertThat(crc.getValue()).isEqualTo(bitwise(bytes));
    }

    @Property(tries = 300)
    void equalsTheBitwiseDefinitionForLongTextsFromAnyOffset(
            @ForAll @Size(min = 1000, max = 5000) byte[] bytes, @ForAll @IntRange(max = 70) int split) {
        Crc64 crc = new Crc64();
        crc.update(bytes, 0, split);
        crc.update(bytes, split, bytes.length - split);
        assertThat(crc.getValue()).isEqualTo(bitwise(bytes));
        crc.reset();
        crc.update(bytes, 0, bytes.length);
        assertThat(crc.getValue()).as("again").isEqualTo(bitwise(bytes));
    }

    private static long bitwise(byte[] bytes) {
        long register = -1;
        for (byte b : bytes) {
            for (int bit = 0; bit < 8; bit++) {
                boolean carry = ((register ^ (b >> bit)) & 1) != 0;
                register = (register >>> 1) ^ (carry ? Long.reverse(0x1B) : 0);
            }
        }
        return ~register;
    }
}
