// Package servertest starts the real servers that tests work against: PostgreSQL from Debian's packages, and an S3 server.
// Each test process has its own, which end with it, however it ends.
package servertest
