package pgp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

// Why a signature does not count is for who asks the sender: whose key it is, or that it is of something else.
func TestWhyASignatureDoesNotCountIsInPlainWords(t *testing.T) {
	dtc, other, us := pgptest.New(t, "dtc@example.com", "0"), pgptest.New(t, "other@example.com", "0"), pgptest.New(t, "us@example.com", "0")
	keys, err := pgp.ReadKeys([]string{dtc.Public()})
	if err != nil {
		t.Fatal(err)
	}
	own, err := pgp.ReadOwn(us.Private(), "")
	if err != nil {
		t.Fatal(err)
	}
	const stranger, altered = "which is none of the keys that are known for it", "does not count: it is of another content"
	sealed, err := pgp.Open(other.Seal([]byte("report"), us), own, keys, 1<<20, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"beside, by an unknown key": {second(pgp.Verify([]byte("report"), other.Sign([]byte("report")), keys, time.Now())), stranger},
		"in it, by an unknown key":  {sealed.Unsigned, stranger},
		"of another content":        {second(pgp.Verify([]byte("report"), dtc.Sign([]byte("another")), keys, time.Now())), altered},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || strings.Contains(c.err.Error(), "invalid signature") {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func second(_ string, err error) error { return err }

// Of several keys that are named, the one to which nothing can be encrypted is named.
func TestAKeyToWhichNothingCanBeEncryptedIsNamed(t *testing.T) {
	a, old := pgptest.New(t, "a@example.com", "0"), pgptest.New(t, "old@example.com", "2020-02-01", "--faked-system-time", "20200101T000000")
	keys, err := pgp.ReadKeys([]string{a.Public(), old.Public()})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := pgp.ReadKeys([]string{a.Public()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = pgp.Encrypt([]byte("released"), nil, keys, time.Now())
	said := regexp.MustCompile(`^the key ([0-9a-f]{40}) has expired, so nothing is encrypted to it; ask its owner`).FindStringSubmatch(fmt.Sprint(err))
	if said == nil || !keys.Has(said[1]) || alone.Has(said[1]) {
		t.Errorf("%v", err)
	}
}
