package intake

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/jhillyerd/enmime/v2"

	"tenderbatch/internal/cainstruction"
	"tenderbatch/internal/pgp"
)

// winmail is the name under which Outlook packs attachments in a form of its own (TNEF).
const winmail = "winmail.dat"

// besides are the kinds of files that mails have beside reports: pictures and texts at their end, letters, business cards,
// appointments, signatures. A file of any other kind from a known sender must not be passed over without a word.
var besides = strings.Fields(".png .jpg .jpeg .gif .bmp .svg .webp .tif .tiff .heic .emf .emz .wmf .wmz .mso .ico .txt .htm .html .css .pdf .doc .docx " +
	".odt .rtf .ppt .pptx .vcf .ics .p7s .p7c .cer .crt")

// couldBeReport reports whether a part of a message of a known sender, which is a file of a name or of none, could be a
// report.
func (m attached) couldBeReport(part *enmime.Part, name string, content []byte) bool {
	kind := strings.ToLower(part.ContentType)
	text := strings.HasPrefix(kind, "text/")
	switch ext := strings.ToLower(path.Ext(name)); {
	case kind == "application/pgp-encrypted" || kind == "application/pgp-signature" || kind == "application/pgp-keys" ||
		kind == "message/delivery-status" || kind == "message/disposition-notification":
		return false
	case name == "":
		return !text && !strings.HasPrefix(kind, "image/") && kind != "" && len(content) > 0
	case slices.Contains(pgp.Extensions, ext) || ext == ".sig":
		return !isKeyOrSignature(ext, content)
	case slices.Contains(besides, ext):
		return m.likely(name) || cainstruction.Is(name, content)
	case ext == "":
		return !text && !strings.HasPrefix(kind, "image/")
	}
	return true
}

// isKeyOrSignature reports whether an attachment in the form of OpenPGP holds no message.
func isKeyOrSignature(ext string, content []byte) bool {
	start := bytes.TrimLeft(content, "\r\n\t ")
	return ext == ".sig" || bytes.HasPrefix(start, []byte("-----BEGIN PGP SIGNATURE")) ||
		bytes.HasPrefix(start, []byte("-----BEGIN PGP PUBLIC KEY"))
}

// isMessage reports whether a part of a message is a message itself, which was forwarded with it.
func isMessage(part *enmime.Part, name string) bool {
	return strings.EqualFold(part.ContentType, "message/rfc822") || strings.EqualFold(path.Ext(name), ".eml")
}

// isSealedMail is an error where not a report but the mail as a whole was packed, signed or encrypted.
func isSealedMail(part *enmime.Part, name string) error {
	switch ext := strings.ToLower(path.Ext(name)); {
	case strings.EqualFold(name, winmail):
		return errors.New("its attachments are packed in a form of Outlook; ask for the mail to be sent again as plain text or " +
			"HTML, and not as rich text")
	case ext == ".p7m":
		return errors.New("the mail as a whole is signed or encrypted (S/MIME), which is not opened; ask for the report as an attachment, " +
			"as it is or as an OpenPGP message")
	case part.Parent != nil && strings.EqualFold(part.Parent.ContentType, "multipart/encrypted"):
		return errors.New("the mail as a whole is encrypted (PGP/MIME), which is not opened; ask for the report itself to be encrypted " +
			"and attached")
	case ext == ".msg":
		return errors.New("it is a mail in a form of Outlook; ask for the report to be attached to a mail of its own")
	case name == "":
		return errors.New("it has no name, and a report is known by its name; ask for it to be sent again under its name")
	}
	return nil
}
