// Package monitor makes runs and reports their outcomes: notices by mail and webhook, pings,
// metrics, and reminders of findings that stay open. None of it delays or fails a run.
// [Service] does so for the scheduler of package serve.
package monitor
