/** Benchmarks, run by hand. */
package io.github.litestreamjdbc.bench;
