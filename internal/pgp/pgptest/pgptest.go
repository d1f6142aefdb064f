// Package pgptest makes keys, signatures and messages for tests with GnuPG, another program than the one that
// reads them.
package pgptest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Person is one who has GnuPG and a key.
type Person struct {
	t    testing.TB
	home string
	mail string
}

// New makes a key for an address. More arguments go to GnuPG, such as --faked-system-time. Without GnuPG the test
// is left out.
func New(t testing.TB, mail, expires string, more ...string) *Person {
	t.Helper()
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Skip("the test needs gnupg; ./test.sh installs it")
	}
	home, err := os.MkdirTemp("", "gpg") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	p := &Person{t, home, mail}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	p.run(nil, append(more, "--quick-generate-key", mail, "rsa3072", "sign,cert,encrypt", expires)...)
	return p
}

func (p *Person) run(stdin []byte, args ...string) []byte {
	p.t.Helper()
	c := exec.Command("gpg", append([]string{"--homedir", p.home, "--batch", "--yes", "--quiet", "--pinentry-mode",
		"loopback", "--passphrase", "", "--trust-model", "always"}, args...)...)
	c.Stdin = bytes.NewReader(stdin)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		p.t.Fatalf("gpg %v: %v: %s", args, err, said.String())
	}
	return out.Bytes()
}

// Public is a file with the public key.
func (p *Person) Public() string {
	return p.file("public.asc", p.run(nil, "--armor", "--export", p.mail))
}

// Private is a file with the private key.
func (p *Person) Private() string {
	return p.file("private.asc", p.run(nil, "--armor", "--export-secret-keys", p.mail))
}

func (p *Person) file(name string, content []byte) string {
	path := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// Know imports the public key of another.
func (p *Person) Know(other *Person) { p.run(other.run(nil, "--export", other.mail), "--import") }

// Export is all public keys that the person knows, with more arguments for GnuPG, such as --armor.
func (p *Person) Export(more ...string) []byte { return p.run(nil, append(more, "--export")...) }

// Revoke revokes the key of the person, with the certificate that GnuPG made beside it.
func (p *Person) Revoke() {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.home, "openpgp-revocs.d", "*.rev"))
	if err != nil || len(files) != 1 {
		p.t.Fatal(files, err)
	}
	certificate, err := os.ReadFile(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	p.run(bytes.Replace(certificate, []byte(":-----BEGIN"), []byte("-----BEGIN"), 1), "--import") // the colon guards against accidents
}

// Sign makes a signature to lay beside some content.
func (p *Person) Sign(content []byte, more ...string) []byte {
	return p.run(content, append(more, "--armor", "--detach-sign")...)
}

// SignInto makes a message that is signed, and not encrypted.
func (p *Person) SignInto(content []byte) []byte { return p.run(content, "--sign") }

// Seal makes a message that is signed, and encrypted to another.
func (p *Person) Seal(content []byte, to *Person) []byte {
	p.Know(to)
	return p.run(content, "--sign", "--encrypt", "--recipient", to.mail)
}

// Encrypt makes a message that is encrypted to another, and not signed.
func (p *Person) Encrypt(content []byte, to *Person) []byte {
	p.Know(to)
	return p.run(content, "--encrypt", "--recipient", to.mail)
}

// Open decrypts a message, and is an error of the test if it is not signed by someone known.
func (p *Person) Open(message []byte) (content []byte, said string) {
	path := p.file("message", message)
	c := exec.Command("gpg", "--homedir", p.home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
		"--trust-model", "always", "--status-fd", "2", "--decrypt", path)
	var out, status bytes.Buffer
	c.Stdout, c.Stderr = &out, &status
	if err := c.Run(); err != nil {
		p.t.Fatalf("gpg: %v: %s", err, status.String())
	}
	return out.Bytes(), status.String()
}

// Verify checks a signature beside some content.
func (p *Person) Verify(content, signature []byte) error {
	return exec.Command("gpg", "--homedir", p.home, "--batch", "--quiet", "--trust-model", "always", "--verify",
		p.file("signature", signature), p.file("content", content)).Run()
}
