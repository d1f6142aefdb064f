// Package account keeps who may use the console, and what each may do: accounts with their
// roles, passwords, second factors and sessions, in one SQLite file beside the offers.
//
// A password is kept as argon2id only. A new account, and one whose password was set back,
// has a password for one use, which it must change before anything else. Wrong passwords and
// codes delay the next try of an account by growing times. The package knows no offer and no
// page: [Account.May] answers what a role may do.
package account
