// Package xlsx reads the rows of Excel workbooks (.xlsx, .xlsm, .xltx, .xltm), strictly and fast.
//
// A file is either read whole and right or refused with an [*FormatError] that names the part, the place
// and the rule. Nothing is skipped on the way: a fault is never taken for the end of the data.
//
// # Container
//
// The directory of the zip archive is checked before anything is inflated. The entries must lie one
// after another without a gap or an overlap, from the first byte of the file to the directory, and
// the directory and its end, with a comment at most, must reach to the last byte. Each local header must say what the
// directory says. Names that are equal (also but for case, or for slashes and backslashes), absolute, or
// climb with ".." are refused, and so are encrypted entries, methods other than stored and deflate, and
// sizes above the [Limits]. A part that is read is read to its end: declared size, CRC-32, and no
// byte left over.
//
// # Protection
//
// A workbook under a password is a compound file with the encrypted archive in it. [OpenProtected] reads
// agile encryption (AES with 128, 192 or 256 bits, CBC; SHA-1, SHA-256, SHA-384, SHA-512) and standard
// encryption (AES-128, 192 or 256). In the compound file every chain must end, be as long as its size
// asks for and share no sector; the directory must be a tree, with each name once in a storage. Then
// the parameters are checked, then the password, then the integrity of the whole package, and only
// then is content decrypted, which is checked like any other archive.
//
// Standard encryption carries nothing by which integrity could be checked. There the checksums of the
// archive's parts protect against damage, but not against a person who knows how to forge them; agile
// files without their integrity values are refused, so that the check cannot be removed.
//
// # Parts
//
// The workbook, its sheets, strings and styles are found through the relationships, whatever they
// are called, in the transitional and in the strict namespaces of ISO 29500.
//
// # XML
//
// UTF-8, with or without a byte order mark, or UTF-16 with one. A DOCTYPE, a malformed or
// unbalanced tag, an unknown entity, an unbound prefix, a byte that is not UTF-8, a control
// character, and anything but space after the root element are errors. Space at either end of a text
// is dropped unless xml:space="preserve" is in force, as Excel does; inside rich text, space between
// runs stays. Escapes such as _x0041_ are resolved in texts. Phonetic readings are not part of a
// text.
//
// # Values
//
// Values come out as stored, never through a floating-point number: see [Kind]. [SerialTime] turns
// the digits of a date into an instant, exactly.
package xlsx
