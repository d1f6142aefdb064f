package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// cost is what a hash takes, by the OWASP Password Storage Cheat Sheet.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var usualCost = cost{memory: 19 << 10, passes: 2, threads: 1}

const (
	saltBytes = 16
	hashBytes = 32
)

// hashing lets few passwords be hashed at once: each takes 19 MiB.
var hashing = make(chan struct{}, 4)

// hashOf is the password as it is kept, in the usual text form of argon2id.
func hashOf(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // it never fails
	c := usualCost
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key(password, salt, c)))
}

func key(password string, salt []byte, c cost) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, hashBytes)
}

// matches reports whether a password is the one that was kept. It takes as long for one that is not.
func matches(kept, password string) bool {
	var c cost
	var version int
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &c.memory, &c.passes, &c.threads)
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	hash, hashErr := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(err, saltErr, hashErr) != nil || version != argon2.Version || c.passes == 0 || c.threads == 0 {
		return false
	}
	return subtle.ConstantTimeCompare(hash, key(password, salt, c)) == 1
}

// noAccount is what a password is compared with where there is no account, so that it takes as long. It is made when
// accounts are opened: it takes 20 MiB and as long as a login, which no other command needs.
var noAccount = sync.OnceValue(func() string { return hashOf("no account has this password: " + rand.Text()) })

// oneTimePassword is a random password of 100 bits that can be read out.
func oneTimePassword() string {
	var raw [13]byte
	_, _ = rand.Read(raw[:]) // it never fails
	text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:]))[:20]
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:]}, "-")
}

// What a password must be. Length is what counts (NIST SP 800-63B); rules on kinds of characters
// make people write it down.
const (
	leastPassword = 12
	mostPassword  = 200
)

// checkPassword says what is wrong with a new password, and what to do.
func checkPassword(name, password, before string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || n > mostPassword:
		return &RefusedError{fmt.Sprintf("the password has more than %d characters; choose a shorter one", mostPassword)}
	case n < leastPassword:
		return &RefusedError{fmt.Sprintf("the password has fewer than %d characters; choose a longer one, such as four words",
			leastPassword)}
	case password == before:
		return &RefusedError{"the new password is the old one; choose another"}
	case strings.Contains(strings.ToLower(password), strings.ToLower(name)):
		return &RefusedError{"the password has the name of the account in it; choose another"}
	case len(differentCharacters(password)) < 5:
		return &RefusedError{"the password has few different characters; choose another"}
	}
	return nil
}

// differentCharacters are the different characters of a text.
func differentCharacters(s string) map[rune]bool {
	all := map[rune]bool{}
	for _, r := range s {
		all[r] = true
	}
	return all
}
