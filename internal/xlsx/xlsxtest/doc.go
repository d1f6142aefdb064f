// Package xlsxtest protects workbooks by a password, for tests. It is written after [MS-OFFCRYPTO] and
// [MS-CFB] and shares no code with the reader, so that each holds the other to those pages. The salts
// and keys are not random: the same input gives the same bytes, and nothing written here is safe.
package xlsxtest
