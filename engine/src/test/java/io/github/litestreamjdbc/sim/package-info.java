/**
 * Deterministic simulation: the real engine over real SQLite, stepped by one thread in virtual time, over disks and a
 * remote store that fail by a seed.
 */
package io.github.litestreamjdbc.sim;
