package io.github.litestreamjdbc.driver;

import java.util.function.UnaryOperator;

/**
 * What surrounds the JVM.
 *
 * @param systemProperty by name; null if not set
 * @param variable environment variable by name; null if not set
 */
record Environment(UnaryOperator<String> systemProperty, UnaryOperator<String> variable) {
    /** The one of this process. */
    static final Environment PROCESS = new Environment(System::getProperty, System::getenv);
}
