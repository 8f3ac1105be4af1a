/** A small shop that is written once in each framework, and what it has to do on both URLs. */
package io.github.litestreamjdbc.frameworks.shop;
