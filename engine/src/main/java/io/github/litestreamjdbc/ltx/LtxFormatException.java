package io.github.litestreamjdbc.ltx;

import java.io.IOException;

/** Bytes that are not a valid LTX file. Reading them again gives the same answer. */
public final class LtxFormatException extends IOException {
    private static final long serialVersionUID = 1;

    private final String fileName;
    private final long offset;
    private final String rule;

    /**
     * @param fileName the file as its reader was told to call it
     * @param offset position in bytes of the field or part that breaks the rule
     * @param rule what is wrong, with the value found
     */
    public LtxFormatException(String fileName, long offset, String rule) {
        super(fileName + ": not a valid LTX file at byte " + offset + ": " + rule);
        this.fileName = fileName;
        this.offset = offset;
        this.rule = rule;
    }

    public String fileName() {
        return fileName;
    }

    /** Position in bytes. */
    public long offset() {
        return offset;
    }

    public String rule() {
        return rule;
    }
}
