package pgp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/pgp"
	"tenderbatch/internal/pgp/pgptest"
)

// Who has one of the keys of a file can open what is encrypted to it.
func TestWhatIsEncryptedToAFileOfSeveralKeys(t *testing.T) {
	a, b := pgptest.New(t, "a@example.com", "0"), pgptest.New(t, "b@example.com", "0")
	a.Know(b)
	file := filepath.Join(t.TempDir(), "keys.asc")
	if err := os.WriteFile(file, a.Export("--armor"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := pgp.ReadKeys([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := pgp.Encrypt([]byte("released"), nil, keys, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*pgptest.Person{a, b} {
		if content, said := p.Open(sealed); string(content) != "released" {
			t.Errorf("%q, %s", content, said)
		}
	}
}

// Which of two keys is the installation's own is not guessed.
func TestTwoKeysOfOurOwnInAFile(t *testing.T) {
	a, b := pgptest.New(t, "a@example.com", "0"), pgptest.New(t, "b@example.com", "0")
	var both []byte
	for _, p := range []*pgptest.Person{a, b} {
		content, err := os.ReadFile(p.Private())
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, content...)
	}
	file := filepath.Join(t.TempDir(), "keys.asc")
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pgp.ReadOwn(file, ""); err == nil || !strings.Contains(err.Error(), "holds 2 keys, and one is the installation's own") {
		t.Error(err)
	}
}
