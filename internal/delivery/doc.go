// Package delivery sends the files of a released run to those who are to have them: to a folder on a server, a bucket, a
// folder here, or by mail.
//
// What is sent is a package, a zip archive of release.json, manifest.json and the files of the run, and a manifest
// that names each file with its digest. The package is encrypted where the settings name keys to encrypt to, and
// both are signed where the installation has a key. The manifest comes last: who sees it has all.
//
// A run is sent to a target once: the history says to which it was delivered. A target that has the manifest
// already, as after a crash between sending and noting, is noted and not sent to again. A mail cannot be looked for,
// so that it is about to be sent is noted first; if the program or the connection ends before the answer, only a
// person sends it again.
//
// Only the run that was released last is sent, and only while it is in force. What could not be sent is noted once
// for each reason, and the service tries again, for a week.
package delivery
