package io.github.litestreamjdbc.spi;

/**
 * Requests by kind since a store was opened, each attempt counted once; providers bill by these kinds.
 *
 * @param puts whole objects, parts, and what begins and ends an upload in parts
 * @param gets reads of objects and ranges
 * @param lists pages of listings
 * @param heads looks at a single object or bucket
 * @param deletes deletions, of one object or many
 * @param errors attempts that failed
 * @param retries attempts that repeated one
 */
public record StoreCounters(long puts, long gets, long lists, long heads, long deletes, Errors errors, long retries) {
    /** Nothing counted. */
    public static final StoreCounters NONE = new StoreCounters(0, 0, 0, 0, 0, Errors.NONE, 0);

    /** These and those of another store. */
    public StoreCounters plus(StoreCounters other) {
        return new StoreCounters(
                puts + other.puts,
                gets + other.gets,
                lists + other.lists,
                heads + other.heads,
                deletes + other.deletes,
                errors.plus(other.errors),
                retries + other.retries);
    }

    /**
     * Attempts that failed, by the same kinds.
     *
     * @param puts of those that write
     * @param gets of those that read
     * @param lists of listings
     * @param heads of looks at a single object or bucket
     * @param deletes of deletions
     */
    public record Errors(long puts, long gets, long lists, long heads, long deletes) {
        /** None failed. */
        public static final Errors NONE = new Errors(0, 0, 0, 0, 0);

        private Errors plus(Errors other) {
            return new Errors(
                    puts + other.puts,
                    gets + other.gets,
                    lists + other.lists,
                    heads + other.heads,
                    deletes + other.deletes);
        }
    }
}
