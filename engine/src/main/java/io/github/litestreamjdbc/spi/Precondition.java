package io.github.litestreamjdbc.spi;

/** What must hold at the moment a put takes effect. */
public sealed interface Precondition {
    /** Put in any case; an existing object is replaced. */
    Precondition NONE = new None();

    /** Put only if there is no object of that key. */
    Precondition IF_ABSENT = new IfAbsent();

    /** No condition. */
    record None() implements Precondition {}

    /** The key is free. */
    record IfAbsent() implements Precondition {}

    /**
     * The object is still the one whose etag this is.
     *
     * @param etag from {@link StoredObject#etag()}
     */
    record IfMatch(String etag) implements Precondition {}
}
