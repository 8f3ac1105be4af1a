package io.github.litestreamjdbc.frameworks.shop;

import java.util.List;

/** A page of sales, and how many there are on all pages. */
public record SalesPage(long total, List<Long> ids) {}
