// Package sealed writes an offer as one archive that can be kept for years, and checks such an archive without
// the offer's folder, its database or the settings of the installation.
//
// An archive is a tar archive (POSIX.1-2001) in one Zstandard frame (RFC 8878) with a checksum. Below one folder,
// named for the offer, it has, in this order,
//
//	manifest.json      what is in it: each file with its size and SHA-256, the offer and the end of its history
//	manifest.json.asc  an OpenPGP signature of that, where a key was named
//	SHA256SUMS         the same digests, for sha256sum -c
//	offer/...          the folder of the offer, in the order of the names
//
// The same offer gives the same bytes, but for the signature, which says when it was made. Headers have no owner and
// no time of their own: the time of all members is that of the last entry of the history.
//
// What is read is held against what the manifest leads to, byte by byte: a header, a gap or an end that [Seal] would
// not have written is found, and so is whatever is not named. Memory does not grow with the archive.
package sealed
