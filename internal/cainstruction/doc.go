// Package cainstruction reads corporate action instructions as messages: ISO 20022 seev.033 with
// cancellations as seev.040, and SWIFT MT 565. It makes of them the rows of a table with a column for
// each field, which the reader of depositaries' reports takes like those of a sheet: what a value means,
// and whether it is right, is decided there.
//
// A file holds one message or many. What cannot be read for sure is a fault of the whole file, by
// its line; a field that a message lacks, or that says something else than an instruction to tender
// for cash, is a blank cell or one that the reader of the rows does not take.
//
// A cancellation refers to the instruction that it cancels. [Link] finds that among the messages of
// the depositary: the row then is that instruction, withdrawn.
//
// Sources: the ISO 20022 message definitions of seev.033, seev.040 and head.001; the ISO 15022
// message definition of MT 565 and the general rules of FIN for its blocks.
package cainstruction
