package io.github.litestreamjdbc.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.litestreamjdbc.testing.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every LTX file of the golden data, made by Litestream or its LTX library. */
class GoldenLtxTest {
    /** Accepted by the reference's verification, refused here as the format's notes on decoders advise. */
    static final Set<String> STRICTER_THAN_REFERENCE = Set.of(
            "post-apply-on-nochecksum.ltx",
            "wrong-index-refixed.ltx",
            "wrong-index-size-refixed.ltx",
            "out-of-order-pages.ltx",
            "missing-page-in-snapshot.ltx",
            "duplicate-page.ltx",
            "commit-too-large.ltx");

    @Test
    void decodesEveryFileAsTheReferenceDoes() throws IOException {
        int files = 0;
        for (Golden.Case golden : Golden.load().cases()) {
            for (JsonNode file : golden.files()) {
                if (file.has("ltx") && !headerDiffersFromName(file)) {
                    assertDecodes(golden, file);
                    files++;
                }
            }
        }
        assertThat(files).isGreaterThan(250);
    }

    @Test
    void refusesFilesWhoseHeaderDiffersFromTheirName() throws IOException {
        Golden.Case golden = Golden.load().named("corrupt-in-chain");
        List<JsonNode> renamed = golden.files().stream()
                .filter(GoldenLtxTest::headerDiffersFromName)
                .toList();
        assertThat(renamed).isNotEmpty();
        for (JsonNode file : renamed) {
            assertThat(failureOf(name(file), readAll(golden, file)))
                    .isInstanceOf(LtxFormatException.class)
                    .hasMessageContaining("differ from the file name");
        }
    }

    @Test
    void refusesBadFilesInAChain() throws IOException {
        Golden.Case golden = Golden.load().named("corrupt-in-chain");
        List<JsonNode> bad =
                golden.files().stream().filter(file -> !file.has("ltx")).toList();
        assertThat(bad).isNotEmpty();
        for (JsonNode file : bad) {
            assertThat(failureOf(name(file), readAll(golden, file)))
                    .as(name(file))
                    .isInstanceOf(LtxFormatException.class);
        }
    }

    @Test
    void judgesCorruptFilesAsTheReferenceOrMoreStrictly() throws IOException {
        assertVerdicts("corrupt", "corrupt");
    }

    @Test
    void judgesVariantsOfLz4FramesAsTheReference() throws IOException {
        assertVerdicts("frame-variants", "variants");
    }

    private static void assertVerdicts(String caseName, String list) throws IOException {
        Golden.Case golden = Golden.load().named(caseName);
        List<JsonNode> files = Golden.elements(golden.json().path(list));
        assertThat(files).isNotEmpty();
        for (JsonNode file : files) {
            boolean accepted =
                    file.path("ltx_verify").path("ok").asBoolean() && !STRICTER_THAN_REFERENCE.contains(name(file));
            Throwable failure =
                    failureOf(name(file), Files.readAllBytes(golden.root().resolve(name(file))));
            if (accepted) {
                assertThat(failure).as(name(file)).isNull();
            } else {
                assertThat(failure).as(name(file)).isInstanceOf(LtxFormatException.class);
            }
        }
    }

    private static void assertDecodes(Golden.Case golden, JsonNode file) throws IOException {
        String name = golden + " " + file.path("path").asText();
        JsonNode ltx = file.path("ltx");
        boolean inHand = file.path("size").asLong() < 16 << 20 && !file.has("stored_as");
        byte[] bytes = inHand ? readAll(golden, file) : null;
        LtxIndex index = inHand ? LtxIndex.load(name, bytes.length, LtxFiles.range(bytes)) : null;
        try (InputStream in = golden.open(file);
                LtxReader reader = new LtxReader(name, in)) {
            assertHeader(name, reader.header(), ltx);
            if (inHand) {
                assertThat(reader.header().encode()).as(name).isEqualTo(Arrays.copyOf(bytes, LtxHeader.SIZE));
                assertThat(index.header()).isEqualTo(reader.header());
            }
            long rolling = PageChecksum.FLAG;
            long first = 0;
            long last = 0;
            int pages = 0;
            while (reader.next()) {
                long checksum = PageChecksum.of(reader.pgno(), reader.page(), 0, reader.page().length);
                rolling = PageChecksum.toggle(rolling, checksum);
                first = first == 0 ? reader.pgno() : first;
                last = reader.pgno();
                if (inHand) {
                    assertThat(index.page(reader.pgno())).as(name).isEqualTo(reader.page());
                }
                JsonNode page = file.path("pages").path(pages++);
                if (!page.isMissingNode()) {
                    assertThat(Map.of(
                                    page.path("pgno").asLong(),
                                    page.path("checksum").asText()))
                            .as(name)
                            .isEqualTo(Map.of(reader.pgno(), Txid.format(checksum)));
                }
            }
            assertThat(reader.bytesRead()).as(name).isEqualTo(file.path("size").asLong());
            assertThat(List.of(reader.pageCount(), first, last))
                    .as(name)
                    .isEqualTo(List.of(
                            ltx.path("page_count").asLong(),
                            ltx.path("first_pgno").asLong(),
                            ltx.path("last_pgno").asLong()));
            assertThat(Txid.format(rolling))
                    .as(name)
                    .isEqualTo(ltx.path("pages_rolling_checksum").asText());
            assertThat(Txid.format(reader.trailer().postApplyChecksum()))
                    .as(name)
                    .isEqualTo(ltx.path("post_apply").asText());
            assertThat(Txid.format(reader.trailer().fileChecksum()))
                    .as(name)
                    .isEqualTo(ltx.path("file_checksum").asText());
            if (inHand) {
                assertThat(index.trailer()).isEqualTo(reader.trailer());
                assertThat((long) index.pageCount()).isEqualTo(reader.pageCount());
                assertThat(index.page(last + 1)).isNull();
            }
        }
    }

    private static void assertHeader(String name, LtxHeader header, JsonNode ltx) {
        LtxHeader expected = new LtxHeader(
                ltx.path("flags").asInt(),
                ltx.path("page_size").asInt(),
                ltx.path("commit").asLong(),
                new TxidRange(
                        Txid.parse(ltx.path("min_txid").asText()),
                        Txid.parse(ltx.path("max_txid").asText())),
                ltx.path("timestamp_ms").asLong(),
                Txid.parse(ltx.path("pre_apply").asText()),
                ltx.path("wal_offset").asLong(),
                ltx.path("wal_size").asLong(),
                (int) ltx.path("wal_salt1").asLong(),
                (int) ltx.path("wal_salt2").asLong(),
                ltx.path("node_id").asLong());
        assertThat(header).as(name).isEqualTo(expected);
    }

    private static Throwable failureOf(String name, byte[] bytes) {
        return catchThrowable(() -> {
            try (LtxReader reader = new LtxReader(name, new ByteArrayInputStream(bytes))) {
                while (reader.next()) {
                    assertThat(reader.page()).hasSize(reader.header().pageSize());
                }
            }
        });
    }

    private static byte[] readAll(Golden.Case golden, JsonNode file) throws IOException {
        try (InputStream in = golden.open(file)) {
            return in.readAllBytes();
        }
    }

    private static boolean headerDiffersFromName(JsonNode file) {
        return TxidRange.parseFileName(name(file))
                .filter(named -> file.has("ltx")
                        && !Txid.format(named.min())
                                .equals(file.path("ltx").path("min_txid").asText()))
                .isPresent();
    }

    private static String name(JsonNode file) {
        String path = file.has("path")
                ? file.path("path").asText()
                : file.path("file").asText();
        return Path.of(path).getFileName().toString();
    }
}
