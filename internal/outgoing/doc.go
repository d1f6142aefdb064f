// Package outgoing makes what leaves the program for others: messages for banks, of runs from which
// money may be wired. It decides from which:
//
//   - a final run only while it is in force, by the history;
//   - an indicative run only what is paid at the early settlement or an interim one, once all
//     tenders for it are known; and, where the terms demand it, once the run was released;
//   - of a run that supersedes another only once a person has said whether that one was paid: all of
//     it is due, or else what is to be paid in addition.
//
// Every file of the run must be as it was published.
package outgoing
