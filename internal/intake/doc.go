// Package intake takes the files that depositaries send through channels: a folder on a server that is
// reached by SFTP, a bucket, a folder here, or a mailbox, here or on a server. Every file passes the same door,
// whichever way it came:
//
//   - It counts only once it is whole: its size and time are the same after the quiet period and after it was
//     read, or NAME.done is beside it, or NAME.sha256 does, which then must be right. NAME.part, NAME.tmp and
//     hidden files are never looked at.
//   - It is read into a folder of its own under .intake, up to a size; what was cut off is taken away and
//     read again at the next look.
//   - An OpenPGP message is decrypted and a zip archive opened; what counts is the one file in it. Where the
//     settings name keys of the depositary, one of them must have signed the file.
//   - Its name must be one that the offer expects from a depositary of this channel, and its content what
//     the name says.
//   - The same content under another name is not taken: by its name, an old report would count as a newer one.
//
// A file that passes is put into the inbox of its offer, and the history says through which channel, from
// whom and signed by whom; one that came packed, and a signature beside one, is kept as it came under received. One that does not pass is
// kept under quarantine with why.json beside it, and the history says so. Neither stops the other files or
// channels. Files stay where they came from: what was dealt with is remembered by name, size and time.
package intake
