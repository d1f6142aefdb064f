// Package pgp opens files that others signed and encrypted with OpenPGP, and signs and encrypts those
// that go out.
//
// A signature counts only if a key made it that the caller names, the key had not expired or been revoked
// by the time of the check, and the bytes are those that were signed. A key that has expired since the
// signature was made does not count either: who has it later could set back a clock.
package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/armor"
	"github.com/ProtonMail/gopenpgp/v3/constants"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// mostKey is more than the bytes of any file of keys.
const mostKey = 4 << 20

// ErrUnsigned says that something carries no signature.
var ErrUnsigned = errors.New("it is not signed")

// EarlyError says that a signature is of a time that has not come yet, as where one of two clocks is wrong.
type EarlyError struct{ At time.Time }

func (e *EarlyError) Error() string {
	return fmt.Sprintf("its signature is of %s, which by the clock of this machine has not come yet",
		e.At.Format("2006-01-02 15:04:05 UTC"))
}

// Keys are public keys of others.
type Keys struct{ all []*crypto.Key }

// ReadKeys reads files with public keys, armored or not. A file can hold several, such as an old key and its successor.
func ReadKeys(files []string) (*Keys, error) {
	k := &Keys{}
	for _, file := range files {
		content, err := readFile(file)
		if err != nil {
			return nil, err
		}
		keys, err := keysIn(content)
		if err != nil {
			return nil, fmt.Errorf("%s holds no PGP key that can be read (%w); export it with gpg --export --armor", file, err)
		}
		if slices.ContainsFunc(keys, (*crypto.Key).IsPrivate) {
			return nil, fmt.Errorf("%s holds a private key; put the public one there, and see who has read this one", file)
		}
		k.all = append(k.all, keys...)
	}
	return k, nil
}

// block is a key, or several, as text.
var block = regexp.MustCompile(`(?s)-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----.*?-----END PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----`)

// keysIn are all keys of a file, at least one.
func keysIn(content []byte) (all []*crypto.Key, err error) {
	parts := block.FindAll(content, -1)
	if begun := bytes.Count(content, []byte("-----BEGIN PGP ")); begun != len(parts) {
		return nil, errors.New("a part of it is cut off, or is something else than a key")
	}
	if len(parts) == 0 {
		parts = [][]byte{content}
	}
	for _, part := range parts {
		key, err := crypto.NewKeyFromReader(bytes.NewReader(part))
		if err == nil {
			all = append(all, key)
			continue
		}
		if bytes.HasPrefix(part, []byte("-----BEGIN ")) {
			if part, err = armor.UnarmorBytes(part); err != nil {
				return nil, err
			}
		}
		ring, err := crypto.NewKeyRingFromBinary(part)
		if err != nil {
			return nil, err
		}
		if ring.CountEntities() == 0 {
			return nil, errors.New("there is none in it")
		}
		all = append(all, ring.GetKeys()...)
	}
	return all, nil
}

func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > mostKey:
		return nil, fmt.Errorf("%s is no file of a key", file)
	}
	return os.ReadFile(file)
}

// Has reports whether a fingerprint is that of one of the keys.
func (k *Keys) Has(fingerprint string) bool {
	for _, key := range k.all {
		if key.GetFingerprint() == fingerprint {
			return true
		}
	}
	return false
}

// Join are the keys of both.
func (k *Keys) Join(other *Keys) *Keys {
	if other == nil {
		return k
	}
	return &Keys{all: append(append([]*crypto.Key{}, k.all...), other.all...)}
}

// ring is the keys as the library takes them, nil for none.
func (k *Keys) ring() (*crypto.KeyRing, error) {
	if k == nil || len(k.all) == 0 {
		return nil, nil
	}
	ring, err := crypto.NewKeyRing(nil)
	if err != nil {
		return nil, err
	}
	for _, key := range k.all {
		if err := ring.AddKey(key); err != nil {
			return nil, err
		}
	}
	return ring, nil
}

// Own is the installation's own private key.
type Own struct{ key *crypto.Key }

// ReadOwn reads the private key of a file.
func ReadOwn(file, passphrase string) (*Own, error) {
	content, err := readFile(file)
	if err != nil {
		return nil, err
	}
	keys, err := keysIn(content)
	if err != nil {
		return nil, fmt.Errorf("%s holds no PGP key that can be read (%w); export one key with gpg --export-secret-keys --armor",
			file, err)
	}
	if len(keys) > 1 {
		return nil, fmt.Errorf("%s holds %d keys, and one is the installation's own; export that one alone with "+
			"gpg --export-secret-keys --armor", file, len(keys))
	}
	key := keys[0]
	if !key.IsPrivate() {
		return nil, fmt.Errorf("%s holds a public key only; export the private one with gpg --export-secret-keys --armor",
			file)
	}
	locked, err := key.IsLocked()
	if err == nil && locked {
		if key, err = key.Unlock([]byte(passphrase)); err != nil {
			return nil, fmt.Errorf("%s cannot be opened with the passphrase that is set: %w", file, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &Own{key: key}, nil
}

// Fingerprint is that of the key, in hexadecimal.
func (o *Own) Fingerprint() string { return o.key.GetFingerprint() }

// Extensions are those of files that are OpenPGP messages.
var Extensions = []string{".pgp", ".gpg", ".asc"}

// IsMessage reports whether a file is an OpenPGP message by its name, or by its first line.
func IsMessage(name string, content []byte) bool {
	for _, ext := range Extensions {
		if strings.EqualFold(path.Ext(name), ext) {
			return true
		}
	}
	return bytes.HasPrefix(bytes.TrimLeft(content, "\r\n\t "), []byte("-----BEGIN PGP "))
}

// SignatureOf is the name of the file that some content would be the signature of, to lie beside it, by its name or by its
// first line.
func SignatureOf(name string, content []byte) (of string, is bool) {
	ext := path.Ext(name)
	is = strings.EqualFold(ext, ".sig") || bytes.HasPrefix(bytes.TrimLeft(content, "\r\n\t "), []byte("-----BEGIN PGP SIGNATURE"))
	return strings.TrimSuffix(name, ext), is
}

// Opened is the content of a message.
type Opened struct {
	Content  []byte
	SignedBy string // the fingerprint of one of the keys that were named; "" for none
	Unsigned error  // why SignedBy is empty
}

// Open decrypts a message, if it is encrypted, and checks its signature by the keys of signers, which may be
// nil. The error is about the message itself; what is wrong with its signature is Opened.Unsigned.
func Open(message []byte, own *Own, signers *Keys, most int64, now time.Time) (*Opened, error) {
	if bytes.HasPrefix(bytes.TrimLeft(message, "\r\n\t "), []byte("-----BEGIN PGP SIGNED MESSAGE")) {
		return nil, errors.New("it is a text with its signature in it; ask for a signed file (gpg --sign), or for the " +
			"signature beside the file (gpg --detach-sign)")
	}
	ring, err := signers.ring()
	if err != nil {
		return nil, err
	}
	raw := crypto.NewPGPMessage(message)
	if armored, err := crypto.NewPGPMessageFromArmored(string(message)); err == nil {
		raw = armored
	}
	var got *crypto.VerifiedDataResult
	if ids, is := raw.HexEncryptionKeyIDs(); is {
		if got, err = decrypt(message, ids, own, ring, most, now); err != nil {
			return nil, err
		}
	} else {
		verify := crypto.PGP().Verify().VerifyTime(now.Unix()).MaxDecompressedMessageSize(most)
		if ring != nil {
			verify = verify.VerificationKeys(ring)
		}
		var handle crypto.PGPVerify
		if handle, err = verify.New(); err == nil {
			got, err = handle.VerifyInline(message, crypto.Auto)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("it is no whole OpenPGP message that can be read here: %w; ask for it to be sent again", err)
	}
	o := &Opened{Content: got.Bytes()}
	o.SignedBy, o.Unsigned = signed(&got.VerifyResult, now)
	return o, nil
}

// decrypt decrypts a message to keys of some ids.
func decrypt(message []byte, ids []string, own *Own, ring *crypto.KeyRing, most int64,
	now time.Time) (*crypto.VerifiedDataResult, error) {
	if own == nil {
		return nil, errors.New("it is encrypted, and there is no key to decrypt it; name one in batch.yaml (pgp: key_file)")
	}
	builder := crypto.PGP().Decryption().DecryptionKey(own.key).VerifyTime(now.Unix()).MaxDecompressedMessageSize(most)
	if ring != nil {
		builder = builder.VerificationKeys(ring)
	}
	handle, err := builder.New()
	if err != nil {
		return nil, err
	}
	got, err := handle.Decrypt(message, crypto.Auto)
	switch {
	case err == nil:
		return got, nil
	case own.isOneOf(ids):
		return nil, fmt.Errorf("it is no whole OpenPGP message: it is encrypted to our key and damaged or cut off (%w); ask for it "+
			"to be sent again", err)
	}
	return nil, fmt.Errorf("it is encrypted to the key %s, which is not ours; ask for it to be encrypted to %s",
		strings.Join(ids, ", "), own.Fingerprint())
}

// isOneOf reports whether one of some ids is that of the key or of a part of it, or is left out, as it can be.
func (o *Own) isOneOf(ids []string) bool {
	own := []string{"0000000000000000", o.key.GetHexKeyID()}
	for _, sub := range o.key.GetEntity().Subkeys {
		own = append(own, sub.PublicKey.KeyIdString())
	}
	return slices.ContainsFunc(ids, func(id string) bool {
		return slices.ContainsFunc(own, func(mine string) bool { return strings.EqualFold(id, mine) })
	})
}

// Verify checks the signature of some content that came beside it, and returns the fingerprint of the key.
func Verify(content, signature []byte, signers *Keys, now time.Time) (fingerprint string, err error) {
	ring, err := signers.ring()
	if err != nil {
		return "", err
	}
	if ring == nil {
		return "", errors.New("no key is known that it could be signed by")
	}
	handle, err := crypto.PGP().Verify().VerificationKeys(ring).VerifyTime(now.Unix()).New()
	if err != nil {
		return "", err
	}
	got, err := handle.VerifyDetached(content, signature, crypto.Auto)
	if err != nil {
		return "", fmt.Errorf("its signature cannot be read: %w", err)
	}
	return signed(got, now)
}

// signed is the fingerprint of the key that made a signature which counts.
func signed(got *crypto.VerifyResult, now time.Time) (string, error) {
	if len(got.Signatures) == 0 {
		return "", ErrUnsigned
	}
	wrong := got.SignatureErrorExplicit()
	if at := time.Unix(got.SignatureCreationTime(), 0); wrong != nil && at.After(now) {
		return "", &EarlyError{At: at.UTC()}
	}
	if wrong != nil {
		return "", inWords(wrong, got.SignedByKeyIdHex())
	}
	key := got.SignedByKey()
	switch {
	case key == nil:
		return "", errors.New("its signature is by a key that is not known")
	case key.IsExpired(now.Unix()):
		return "", fmt.Errorf("its signature is by the key %s, which has expired", key.GetFingerprint())
	case key.IsRevoked(now.Unix()):
		return "", fmt.Errorf("its signature is by the key %s, which was revoked", key.GetFingerprint())
	}
	return key.GetFingerprint(), nil
}

// inWords says why a signature by the key of an id, which may be unknown, does not count.
func inWords(wrong *crypto.SignatureVerificationError, id string) error {
	by := ""
	if id != "" && id != "0000000000000000" {
		by = " by the key " + id
	}
	if by != "" && wrong.Status == constants.SIGNATURE_NO_VERIFIER {
		return fmt.Errorf("its signature is%s, which is none of the keys that are known for it", by)
	}
	why := wrong.Message
	if wrong.Cause != nil {
		why = strings.TrimPrefix(wrong.Cause.Error(), "openpgp: ")
	}
	// As the library says where the numbers do not fit: the one of each algorithm, or the first bytes of the digest.
	if strings.HasSuffix(why, " verification failure") || strings.HasSuffix(why, "hash tag doesn't match") {
		why = "it is of another content, or something was changed since it was signed"
	}
	return fmt.Errorf("its signature%s does not count: %s", by, why)
}

// Sign makes a signature of some content, to lie beside it.
func (o *Own) Sign(content []byte, now time.Time) ([]byte, error) {
	handle, err := crypto.PGP().Sign().SigningKey(o.key).Detached().SignTime(now.Unix()).New()
	if err != nil {
		return nil, err
	}
	signature, err := handle.Sign(content, crypto.Armor)
	if err != nil {
		return nil, fmt.Errorf("the installation's own key does not sign; see whether it has expired: %w", err)
	}
	return signature, nil
}

// Encrypt encrypts some content to keys, signed by own, which may be nil.
func Encrypt(content []byte, own *Own, to *Keys, now time.Time) ([]byte, error) {
	ring, err := to.ring()
	if err != nil {
		return nil, err
	}
	if ring == nil {
		return nil, errors.New("no key is named to encrypt to")
	}
	for _, key := range to.all {
		at, why := now.Unix(), ""
		switch {
		case key.IsExpired(at):
			why = "has expired"
		case key.IsRevoked(at):
			why = "was revoked"
		case !key.CanEncrypt(at):
			why = "has no part to encrypt with that is valid now"
		default:
			continue
		}
		return nil, fmt.Errorf("the key %s %s, so nothing is encrypted to it; ask its owner for the new one, and name its file instead",
			key.GetFingerprint(), why)
	}
	builder := crypto.PGP().Encryption().Recipients(ring).EncryptionTime(now.Unix())
	if own != nil {
		builder = builder.SigningKey(own.key).SignTime(now.Unix())
	}
	handle, err := builder.New()
	if err != nil {
		return nil, err
	}
	message, err := handle.Encrypt(content)
	if err != nil {
		return nil, fmt.Errorf("it cannot be encrypted to the keys that are named: %w", err)
	}
	return message.Bytes(), nil
}
