/** Replicas in S3-compatible storage. Holds no code yet: the store is an issue of its own. */
package io.github.litestreamjdbc.s3;
