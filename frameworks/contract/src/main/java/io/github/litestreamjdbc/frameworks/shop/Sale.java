package io.github.litestreamjdbc.frameworks.shop;

/** One thing that somebody bought. */
public record Sale(long id, String article, int amount) {
    /** What every shop here sells under this id. */
    public static Sale of(long id) {
        return new Sale(id, "article " + id, 1 + (int) (id % 7));
    }
}
