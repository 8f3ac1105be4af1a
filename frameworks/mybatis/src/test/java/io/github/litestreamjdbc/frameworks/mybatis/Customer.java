package io.github.litestreamjdbc.frameworks.mybatis;

/** Somebody who buys; MyBatis sets the fields. */
final class Customer {
    private int id;
    private String name;
    private int version;

    int id() {
        return id;
    }

    @Override
    public String toString() {
        return "customer " + id + " " + name + " version " + version;
    }
}
