// Package metrics shows the state of the offers to Prometheus: on an address of the
// service, and as text files for the node exporter where runs come from plain cron.
// docs/settings.md lists the series.
//
// Every figure comes from outside, the counts from the ledger, so a restart loses
// nothing and cron sees the same as the service. The registry is our own: nothing of
// the process or of other packages gets in.
package metrics
