// Package settings reads batch.yaml, the settings of an installation: metrics,
// pings, mail, webhook, the console, whose SSH keys count, and how the service watches its folders. docs/settings.md
// explains every key.
//
// Reading is strict. An unknown key, a value of a wrong kind, a wrong address or
// length of time is a fault with line and column, and all faults of the file are listed
// at once. Of YAML, only mappings, lists and single values are used: what makes a
// file say something else than it shows (anchors, tags, keys that stand twice) is a
// fault.
//
// Secrets are never in the file. It names environment variables; this package does
// not look them up.
package settings
