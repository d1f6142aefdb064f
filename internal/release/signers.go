package release

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"tenderbatch/internal/ledger"
)

// Namespace is what OpenSSH calls the purpose of a signature: ssh-keygen -Y sign -n batch-approval.
const Namespace = "batch-approval"

// Signers are the people whose SSH keys are known, from batch.yaml or a file in the format of
// OpenSSH's allowed signers. The zero value knows none.
type Signers struct {
	all []signer
}

// signer is a key and the person whose it is, by the name that the system knows them under.
type signer struct {
	name string
	key  ssh.PublicKey
}

// Known reports whether any key is known.
func (s Signers) Known() bool { return len(s.all) > 0 }

// HasKey reports whether a key of a person is known.
func (s Signers) HasKey(a ledger.Actor) bool {
	return slices.ContainsFunc(s.all, func(one signer) bool { return a.Is(ledger.Actor{Kind: a.Kind, Name: one.name}) })
}

// Add adds a key of a person, as it is in the file of a public key.
func (s *Signers) Add(name, key string) error {
	parsed, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(key))
	switch {
	case err != nil:
		return fmt.Errorf("the key of %s cannot be read: %w", name, err)
	case len(bytes.TrimSpace(rest)) > 0:
		return fmt.Errorf("the key of %s is more than one line", name)
	case name == "" || strings.ContainsAny(name, "*?!,"):
		return fmt.Errorf("%q names no single person; write one name for each key", name)
	}
	for _, o := range options {
		if o != `namespaces="`+Namespace+`"` {
			return fmt.Errorf("the key of %s has the option %s, which is not understood; leave it out", name, o)
		}
	}
	for _, other := range s.all {
		if bytes.Equal(other.key.Marshal(), parsed.Marshal()) && !strings.EqualFold(other.name, name) {
			return fmt.Errorf("one key is that of %s and of %s: each person needs their own", other.name, name)
		}
	}
	s.all = append(s.all, signer{name, parsed})
	return nil
}

// AddFile adds the keys of an allowed signers file: a line has a name, options and a key.
func (s *Signers) AddFile(content []byte) error {
	n := 0
	for line := range strings.Lines(string(content)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, key, _ := strings.Cut(line, " ")
		if err := s.Add(strings.Trim(name, `"`), strings.TrimSpace(key)); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}

// check is an error if an approval is not signed with a key of the approver. Unless it must be
// signed, one without a signature passes, and so does one where no keys are known.
func (s Signers) check(e ledger.Entry, must bool) error {
	switch {
	case e.Approval == nil:
		return fmt.Errorf("it says nothing of what was approved")
	case e.Approval.Signature == "" && must:
		return fmt.Errorf("approvals of this offer must be signed: sign the statement with your SSH key (ssh-keygen -Y " +
			"sign -n " +
			Namespace + "), and give the signature with the approval")
	case e.Approval.Signature == "":
		return nil
	case !s.Known() && !must:
		return nil
	case !s.Known():
		return fmt.Errorf("it is signed, and no keys are known to check that; name them under signers in batch.yaml")
	}
	signature, err := sshsig.Unarmor([]byte(e.Approval.Signature))
	if err != nil {
		return fmt.Errorf("the signature cannot be read: %w", err)
	}
	known := false
	for _, one := range s.all {
		if !(ledger.Actor{Kind: e.Actor.Kind, Name: one.name}).Is(e.Actor) {
			continue
		}
		known = true
		if bytes.Equal(one.key.Marshal(), signature.PublicKey.Marshal()) {
			err := sshsig.Verify(strings.NewReader(textOf(e)), signature, one.key, signature.HashAlgorithm, Namespace)
			if err != nil {
				return fmt.Errorf("the signature of %s is not one of this statement: %w", e.Actor, err)
			}
			return nil
		}
	}
	if !known {
		return fmt.Errorf("no key of %s is known", e.Actor)
	}
	return fmt.Errorf("the signature was made with %s, which is no key of %s", ssh.FingerprintSHA256(signature.PublicKey),
		e.Actor)
}

// Sign signs a statement with a private key, as it is in a file of OpenSSH.
func Sign(statement string, key []byte) ([]byte, error) {
	private, err := ssh.ParsePrivateKey(key)
	if err != nil {
		return nil, refused("the private key cannot be used: %v; if it has a passphrase, sign with ssh-keygen -Y sign -n %s",
			err, Namespace)
	}
	signature, err := sshsig.Sign(strings.NewReader(statement), private, sshsig.HashSHA512, Namespace)
	if err != nil {
		return nil, err
	}
	return sshsig.Armor(signature), nil
}
