package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// Certificate is that of a server on this machine, of an authority that vouches for nothing else, in PEM.
type Certificate struct {
	Own, Key  string
	Authority string
	SHA256    string // of the server's own, in hexadecimal
}

// NewCertificate makes a certificate of a new authority.
func NewCertificate(t testing.TB) Certificate {
	t.Helper()
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	authority := &x509.Certificate{SerialNumber: serial(t), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: from,
		NotAfter: from.AddDate(200, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: serial(t), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: from,
		NotAfter: from.AddDate(200, 0, 0), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	theirs, own := newKey(t), newKey(t)
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, &theirs.PublicKey, theirs)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.CreateCertificate(rand.Reader, leaf, authority, &own.PublicKey, theirs)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	is := sha256.Sum256(certificate)
	return Certificate{Own: block("CERTIFICATE", certificate), Key: block("PRIVATE KEY", secret), Authority: block("CERTIFICATE", ca),
		SHA256: hex.EncodeToString(is[:])}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// serial is a number that no other certificate has.
func serial(t testing.TB) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
