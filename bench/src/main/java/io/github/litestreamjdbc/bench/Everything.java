package io.github.litestreamjdbc.bench;

/** What {@code docs/performance.md} compares with aims, one after the other, in one JVM. Takes some fifteen minutes. */
public final class Everything {
    private Everything() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) throws Exception {
        System.setProperty("rounds", "5");
        System.setProperty("round.millis", "1000");
        WriteComparison.main(new String[0]);
        SteadyState.main(new String[0]);
        RestoreComparison.main(new String[0]);
        SnapshotComparison.main(new String[0]);
    }
}
