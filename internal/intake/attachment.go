package intake

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"regexp"
	"slices"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// contentOf are the bytes of the file in a part of a message, as they were sent: whatever the mail says of their character
// set, they were signed as they are, and the terms say how to read them. What could be read is there with an error, too.
func contentOf(part *enmime.Part) ([]byte, error) {
	encoded, err := part.Content, damage(part)
	switch encoding := strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))); encoding {
	case "", "7bit", "8bit", "binary":
		return encoded, err
	case "base64":
		plain := slices.DeleteFunc(bytes.Clone(encoded), func(b byte) bool { return strings.IndexByte(" \t\r\n", b) >= 0 })
		decoded := make([]byte, base64.StdEncoding.DecodedLen(len(plain)))
		n, wrong := base64.StdEncoding.Decode(decoded, plain)
		return decoded[:n], firstOf(err, wrong)
	case "quoted-printable":
		decoded, wrong := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(encoded)))
		if wrong == nil && bytes.IndexByte(code.ReplaceAll(encoded, nil), '=') >= 0 {
			wrong = errors.New("quoted-printable: a = is followed by no code")
		}
		return decoded, firstOf(err, wrong)
	default:
		return encoded, fmt.Errorf("it is encoded as %q, which is none of base64, quoted-printable, 7bit, 8bit and binary", encoding)
	}
}

// code is what may follow after an equals sign (RFC 2045, 6.7), which the library passes over where it does not.
var code = regexp.MustCompile(`=(?:[0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|$))`)

// fileName is the name that a part of a message has as a file, "" if it is none.
func fileName(part *enmime.Part) string {
	if part.FileName != "" || part.Header.Get("Content-Type") != "" {
		return part.FileName
	}
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition")) // which the library reads only beside a type
	if err != nil {
		return ""
	}
	return params["filename"]
}

// damage is an error if a part, or one that it is in, is not as a mail program writes it: where the mark at the end of a part
// is missing, the mail was cut off.
func damage(part *enmime.Part) error {
	for p := part; p != nil; p = p.Parent {
		for _, e := range p.Errors {
			if e.Name == enmime.ErrorMissingBoundary {
				return errors.New("the mail was cut off: the mark at the end of a part is missing")
			}
			if p == part && e.Name != enmime.ErrorMissingContentType {
				return e
			}
		}
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
