/** Replicas in S3 and everything that speaks S3: {@code s3:} URLs and shorthands for providers. */
package io.github.litestreamjdbc.s3;
