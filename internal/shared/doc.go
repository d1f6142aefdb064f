// Package shared keeps offers on which many machines work: the history and the names of files in
// PostgreSQL, the contents in a [storage.Store].
//
// Everything that is done with an offer is done in a folder, by the same code as on one machine: [Offers.Work]
// brings the folder to where the database is, has the work done in it, and commits what is new: entries
// of the history, runs, terms and reports. The chain of the history is the same in both places, byte for byte.
//
//   - The work on an offer is alone: it holds an advisory lock of the database for the session.
//   - A lock can be lost while its holder goes on. So each work gets a term and a token in the
//     database, and what it commits is refused if another has begun since.
//   - Contents are put into the storage below the token of the work, and never changed. They are there for others
//     only once the commit names them; what a refused work left is garbage, which [Offers.Collect]
//     removes.
//   - What is read from the storage is compared with the digest that the database has.
//
// The clock that counts is the database's.
package shared
