package io.github.litestreamjdbc.spi;

/** The two ways in which Litestream names the folder of a level (replica layout, section 1). */
public enum KeyLayout {
    /** {@code ltx/<level>/}, decimal: directories and most other stores. */
    DIRECTORY {
        @Override
        public String levelPrefix(int level) {
            return "ltx/" + level + "/";
        }
    },
    /** {@code <level>/}, four hexadecimal digits: S3. */
    S3 {
        @Override
        public String levelPrefix(int level) {
            return String.format("%04x/", level);
        }
    };

    /** The key prefix of a level, with its trailing slash. */
    public abstract String levelPrefix(int level);
}
