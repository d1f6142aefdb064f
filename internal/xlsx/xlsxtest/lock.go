package xlsxtest

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"unicode/utf16"
)

// Lock protects workbooks. The zero value does so as Excel does by default, agile with AES-256 and
// SHA-512, but hashes the password once only.
type Lock struct {
	Standard bool   // standard encryption, always with SHA-1 and 50,000 rounds
	KeyBits  int    // 128, 192 or 256; 256 if left out, in standard encryption 128
	Hash     string // SHA1, SHA256, SHA384 or SHA512, the default
	KeyHash  string // of the password; as Hash if left out
	Spins    int    // rounds of hashing the password
	Wide     bool   // compound file of version 4

	Info    func([]byte) []byte     // changes EncryptionInfo
	Package func([]byte) []byte     // changes EncryptedPackage, behind the HMAC's back
	Edit    func([]Stream) []Stream // changes, adds or leaves out streams
}

// Protect encrypts content under a password.
func (l Lock) Protect(content []byte, password string) []byte {
	var info, pack []byte
	if l.Standard {
		info, pack = l.standard(content, utf16Bytes(password))
	} else {
		info, pack = l.agile(content, utf16Bytes(password))
	}
	if l.Info != nil {
		info = l.Info(info)
	}
	if l.Package != nil {
		pack = l.Package(pack)
	}
	streams := []Stream{{"EncryptionInfo", info}, {"EncryptedPackage", pack}}
	if l.Edit != nil {
		streams = l.Edit(streams)
	}
	return Compound(l.Wide, streams...)
}

func utf16Bytes(text string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// unlike makes n bytes that differ with the purpose and the content.
func unlike(purpose string, content []byte, n int) []byte {
	digest := sha512.Sum512(append([]byte(purpose), content...))
	return digest[:n]
}

// Hashes are those of agile encryption by name.
var Hashes = map[string]func() hash.Hash{
	"SHA1": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New,
}

func digest(newHash func() hash.Hash, parts ...[]byte) []byte {
	h := newHash()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func spin(newHash func() hash.Hash, salt, password []byte, rounds int) []byte {
	sum := digest(newHash, salt, password)
	for i := range rounds {
		sum = digest(newHash, binary.LittleEndian.AppendUint32(nil, uint32(i)), sum)
	}
	return sum
}

// sized cuts b, or fills it up with a byte.
func sized(b []byte, n int, fill byte) []byte {
	b = bytes.Clone(b)
	for len(b) < n {
		b = append(b, fill)
	}
	return b[:n]
}

// sealCBC encrypts, filled up with zeros to whole blocks. The keys are made here and have the right
// size, so no error can occur.
func sealCBC(key, vector, plain []byte) []byte {
	block, _ := aes.NewCipher(key)
	out := sized(plain, (len(plain)+15)/16*16, 0)
	cipher.NewCBCEncrypter(block, sized(vector, 16, 0x36)).CryptBlocks(out, out)
	return out
}

func sealECB(key, plain []byte) []byte {
	block, _ := aes.NewCipher(key)
	out := sized(plain, (len(plain)+15)/16*16, 0)
	for i := 0; i < len(out); i += 16 {
		block.Encrypt(out[i:], out[i:])
	}
	return out
}

// agile is [MS-OFFCRYPTO] 2.3.4.10 to 15.
func (l Lock) agile(content, password []byte) (info, pack []byte) {
	l.KeyBits, l.Hash = cmp.Or(l.KeyBits, 256), cmp.Or(l.Hash, "SHA512")
	l.KeyHash = cmp.Or(l.KeyHash, l.Hash)
	dataHash, keyHash, keyBytes := Hashes[l.Hash], Hashes[l.KeyHash], l.KeyBits/8
	dataSalt, keySalt := unlike("data salt", content, 16), unlike("key salt", content, 16)
	secret, verifier := unlike("secret", content, keyBytes), unlike("verifier", content, 16)

	pack = binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	for i := 0; i*4096 < len(content); i++ {
		number := binary.LittleEndian.AppendUint32(nil, uint32(i))
		pack = append(pack, sealCBC(secret, digest(dataHash, dataSalt, number),
			content[i*4096:min(len(content), i*4096+4096)])...)
	}
	base := spin(keyHash, keySalt, password, l.Spins)
	under := func(purpose string, plain []byte) string {
		return text(sealCBC(sized(digest(keyHash, base, []byte(purpose)), keyBytes, 0x36), keySalt, plain))
	}
	hmacKey := unlike("hmac", content, dataHash().Size())
	mac := hmac.New(dataHash, hmacKey)
	mac.Write(pack)
	integrity := func(purpose string, plain []byte) string {
		return text(sealCBC(secret, digest(dataHash, dataSalt, []byte(purpose)), plain))
	}
	suite := func(name string, newHash func() hash.Hash, salt []byte) string {
		return fmt.Sprintf(`saltSize="16" blockSize="16" keyBits="%d" hashSize="%d" `+
			`cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="%s" saltValue="%s"`,
			l.KeyBits, newHash().Size(), name, text(salt))
	}
	info = []byte("\x04\x00\x04\x00\x40\x00\x00\x00" + `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" +
		`<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" ` +
		`xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password" ` +
		`xmlns:c="http://schemas.microsoft.com/office/2006/keyEncryptor/certificate">` +
		`<keyData ` + suite(l.Hash, dataHash, dataSalt) + `/>` +
		`<dataIntegrity encryptedHmacKey="` + integrity("\x5F\xB2\xAD\x01\x0C\xB9\xE1\xF6", hmacKey) +
		`" encryptedHmacValue="` + integrity("\xA0\x67\x7F\x02\xB2\x2C\x84\x33", mac.Sum(nil)) + `"/>` +
		`<keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password">` +
		fmt.Sprintf(`<p:encryptedKey spinCount="%d" `, l.Spins) + suite(l.KeyHash, keyHash, keySalt) +
		` encryptedVerifierHashInput="` + under("\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79", verifier) +
		`" encryptedVerifierHashValue="` + under("\xD7\xAA\x0F\x6D\x30\x61\x34\x4E", digest(keyHash, verifier)) +
		`" encryptedKeyValue="` + under("\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6", secret) +
		`"/></keyEncryptor></keyEncryptors></encryption>`)
	return info, pack
}

func text(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// standard is [MS-OFFCRYPTO] 2.3.4.5 to 9.
func (l Lock) standard(content, password []byte) (info, pack []byte) {
	if l.KeyBits == 0 {
		l.KeyBits = 128
	}
	salt, verifier := unlike("salt", content, 16), unlike("verifier", content, 16)
	final := digest(sha1.New, spin(sha1.New, salt, password, 50_000), make([]byte, 4))
	var key []byte
	for _, fill := range []byte{0x36, 0x5C} {
		block := sized(nil, 64, fill)
		for i := range final {
			block[i] ^= final[i]
		}
		key = append(key, digest(sha1.New, block)...)
	}
	key = key[:l.KeyBits/8]

	le := binary.LittleEndian
	name := append(utf16Bytes("Microsoft Enhanced RSA and AES Cryptographic Provider"), 0, 0)
	info = le.AppendUint32([]byte{4, 0, 2, 0}, 0x24)
	info = le.AppendUint32(info, uint32(32+len(name)))
	for _, v := range []uint32{0x24, 0, 0x660E + uint32(l.KeyBits-128)/64, 0x8004, uint32(l.KeyBits), 0x18, 0, 0} {
		info = le.AppendUint32(info, v)
	}
	info = append(le.AppendUint32(append(info, name...), 16), salt...)
	info = append(le.AppendUint32(append(info, sealECB(key, verifier)...), 20),
		sealECB(key, digest(sha1.New, verifier))...)
	return info, append(le.AppendUint64(nil, uint64(len(content))), sealECB(key, content)...)
}
