// Package identity says who gives a command, as the system knows them and never by a text that a
// person could choose, and whose SSH keys count for what is signed.
package identity
