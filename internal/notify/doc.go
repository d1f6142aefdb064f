// Package notify reports to people and machines what became of a run: by a ping in the
// manner of healthchecks.io, by mail and by a webhook. docs/settings.md says what is
// notified when, and what is sent.
//
// A notice never delays or fails a run. Start returns at once; End returns what could
// not be sent, for the log. Each server has 10 seconds and is tried up to three times,
// so an End takes 45 seconds at the very worst; a mail with an attachment has longer. The notices of one
// offer are sent in their
// order, so an End waits for an earlier one of its offer, too.
//
// What is sent are counts, totals and our own messages; no holder, no reference. Mail alone
// has the findings, which name tenders, and the workbook. Texts
// are freed of control characters and direction marks, and are bounded. Passwords, keys
// and addresses that may hold a key appear in no error.
package notify
