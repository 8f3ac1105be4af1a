/** An S3 server in the JVM, with faults. */
package io.github.litestreamjdbc.s3testing;
