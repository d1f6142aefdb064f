package ledger

// privateIndex is SQLite's usual layer: the locking mode keeps the index of its log in the
// memory of the process.
const privateIndex = "win32"
