package intake

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"
)

// partOf is a message with text and one part more, with headers and a content.
func partOf(headers, content string) []byte {
	return []byte("From: reports@dtc.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n\r\nas agreed\r\n--b\r\n" + headers + "\r\n\r\n" + content + "\r\n--b--\r\n")
}

func inBase64(s string) string {
	var lines []string
	for all := base64.StdEncoding.EncodeToString([]byte(s)); all != ""; {
		n := min(76, len(all))
		lines, all = append(lines, all[:n]), all[n:]
	}
	return strings.Join(lines, "\r\n")
}

func inQuotedPrintable(s string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	w.Binary = true
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

// TestAnAttachmentIsTakenAsItWasSent has mail programs say of a file what they like: that it is a text in some character
// set, to be shown in the mail, or nothing. What counts are its bytes: they were signed, and the terms say how to read them.
func TestAnAttachmentIsTakenAsItWasSent(t *testing.T) {
	in1252 := "Reference,CUSIP,Principal,Holder\r\n1,037833100,1000,M\xfcller & S\xf6hne\r\n"
	inUTF8 := "Reference,CUSIP,Principal,Holder\n1,037833100,1000,Müller & Söhne\n"
	inUTF16 := "\xff\xfeR\x00e\x00f\x00\n\x00"
	const name = `dtc-1.csv`
	a := attached{senders: []string{"reports@dtc.example"}, likely: func(name string) bool { return strings.HasPrefix(name, "dtc-") }, wanted: func(is string) bool { return is == name }}
	for what, c := range map[string]struct{ headers, content string }{
		"a text attached":      {`Content-Type: text/csv; charset=windows-1252` + "\r\n" + `Content-Disposition: attachment; filename="dtc-1.csv"`, in1252},
		"a text shown":         {`Content-Type: text/csv; charset=iso-8859-1` + "\r\n" + `Content-Disposition: inline; filename="dtc-1.csv"`, in1252},
		"a wrong set":          {`Content-Type: text/plain; charset=us-ascii` + "\r\n" + `Content-Disposition: inline; filename="dtc-1.csv"`, in1252},
		"a set not known":      {`Content-Type: text/csv; charset=x-unknown` + "\r\n" + `Content-Disposition: attachment; filename="dtc-1.csv"`, inUTF8},
		"UTF-16":               {`Content-Type: text/csv; charset=utf-16` + "\r\n" + `Content-Disposition: attachment; filename="dtc-1.csv"`, inUTF16},
		"a name only":          {`Content-Type: text/csv; name="dtc-1.csv"`, inUTF8},
		"a plain text's name":  {`Content-Type: text/plain; name="dtc-1.csv"`, inUTF8},
		"a page's name":        {`Content-Type: text/html; name="dtc-1.csv"`, inUTF8},
		"no type":              {`Content-Disposition: attachment; filename="dtc-1.csv"`, inUTF8},
		"in capitals":          {`CONTENT-TYPE: TEXT/CSV; NAME="dtc-1.csv"` + "\r\n" + `CONTENT-DISPOSITION: ATTACHMENT`, inUTF8},
		"a name in characters": {`Content-Type: application/octet-stream` + "\r\n" + `Content-Disposition: attachment; filename*=utf-8''dtc%2D1.csv`, inUTF8},
	} {
		for encoding, encoded := range map[string]string{"base64": inBase64(c.content), "Quoted-Printable": inQuotedPrintable(c.content), "8bit": c.content} {
			got := a.arrivals("1", "a mailbox", partOf(c.headers+"\r\nContent-Transfer-Encoding: "+encoding, encoded))
			if len(got) != 1 || got[0].refused != nil || string(got[0].content) != c.content {
				t.Errorf("%s in %s: %s", what, encoding, shown(got))
			}
		}
	}
	alone := "From: reports@dtc.example\nMIME-Version: 1.0\nContent-Type: text/csv; name=dtc-1.csv\nContent-Transfer-Encoding: base64\n\n" + inBase64(in1252)
	if got := a.arrivals("1", "a mailbox", []byte(alone)); len(got) != 1 || got[0].refused != nil || string(got[0].content) != in1252 {
		t.Errorf("a mail that is nothing but the file: %s", shown(got))
	}
}

// TestAnAttachmentThatIsDamaged is one whose bytes are not all there, or cannot be known.
func TestAnAttachmentThatIsDamaged(t *testing.T) {
	a := attached{senders: []string{"reports@dtc.example"}, likely: func(name string) bool { return strings.HasPrefix(name, "dtc-") }, wanted: func(is string) bool { return is == "dtc-1.csv" }}
	const headers = "Content-Type: text/csv; name=dtc-1.csv\r\nContent-Transfer-Encoding: "
	whole := partOf(headers+"base64", inBase64(report))
	for what, message := range map[string][]byte{
		"cut off in base64":    partOf(headers+"base64", inBase64(report)[:21]),
		"text in base64":       partOf(headers+"base64", inBase64(report)+"\r\n-- \r\nsent by a list"),
		"a code that is none":  partOf(headers+"quoted-printable", report+"=XY"),
		"an unknown encoding":  partOf(headers+"x-uuencode", report),
		"a mail that was cut":  bytes.TrimSuffix(whole, []byte("\r\n--b--\r\n")),
		"a mail cut in a line": whole[:len(whole)-len("\r\n--b--\r\n")-20],
	} {
		if got := a.arrivals("1", "a mailbox", message); len(got) != 1 || got[0].refused == nil {
			t.Errorf("%s: %s", what, shown(got))
		}
	}
	if got := a.arrivals("1", "a mailbox", whole); len(got) != 1 || got[0].refused != nil {
		t.Errorf("whole: %s", shown(got))
	}
}

// TestAReportUnderAnotherNameIsNotPassedOver has a known sender send what no offer expects: someone must ask. What signatures
// of mails have, and workbooks of strangers, are no reports.
func TestAReportUnderAnotherNameIsNotPassedOver(t *testing.T) {
	a := attached{senders: []string{"reports@dtc.example"}, likely: func(name string) bool { return strings.HasPrefix(name, "dtc-") }, wanted: func(is string) bool { return is == "dtc-1.csv" }}
	for name, seen := range map[string]bool{
		"DTC-1.XLSX": true, "Report of today.xls": true, "dtc-2.csv": true, "dtc-1.xml": true, "dtc-1.xlsx.pgp": true, "winmail.dat": true,
		"report.7z": true, "report.rar": true, "tenders.numbers": true, "tenders": true, "MT565.fin": true, "dtc-1.pdf": true,
		"logo.png": false, "ATT00001.txt": false, "terms.pdf": false, "smime.p7s": false, "letter.docx": false,
	} {
		headers := `Content-Type: application/octet-stream` + "\r\n" + `Content-Disposition: attachment; filename="` + name + `"` +
			"\r\nContent-Transfer-Encoding: base64"
		message := partOf(headers, inBase64(report))
		if got := a.arrivals("1", "a mailbox", message); (len(got) == 1) != seen {
			t.Errorf("%s: %s", name, shown(got))
		}
		stranger := bytes.Replace(message, []byte("reports@dtc.example"), []byte("offers@shop.example"), 1)
		if got := a.arrivals("1", "a mailbox", stranger); len(got) != 0 {
			t.Errorf("%s of a stranger: %s", name, shown(got))
		}
	}
}

// What is packed so that it is not opened, or has no name, is said too.
func TestAttachmentsThatAreNotOpenedAreSaid(t *testing.T) {
	a := attached{senders: []string{"reports@dtc.example"}, likely: func(string) bool { return false },
		wanted: func(is string) bool { return is == "dtc-1.csv" }}
	const from = "From: reports@dtc.example\r\nMIME-Version: 1.0\r\n"
	workbook := "Content-Type: application/vnd.ms-excel"
	for want, message := range map[string]string{
		"(S/MIME)": from + "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nx",
		"(PGP/MIME)": from + "Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\r\n\r\n--b\r\n" +
			"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream; name=encrypted.asc" +
			"\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n",
		"it has no name":       from + workbook + "\r\n\r\nx",
		"the mail was cut off": strings.TrimSuffix(string(partOf(workbook+"; name=dtc-1.csv", report)), "--b--\r\n"),
	} {
		got := a.arrivals("1", "a mailbox", []byte(message))
		if len(got) != 1 || got[0].refused == nil || !strings.Contains(got[0].refused.Error(), want) {
			t.Errorf("%s: %s", want, shown(got))
		}
	}
}

// A mail that is attached to another one is looked into, and its reports are kept apart: who made them is not known.
func TestAReportInAMailThatWasForwarded(t *testing.T) {
	a := attached{senders: []string{"reports@dtc.example"}, likely: func(string) bool { return false },
		wanted: func(is string) bool { return is == "dtc-1.csv" }}
	within := func(headers, content, mark string) string {
		return strings.NewReplacer("boundary=b", "boundary="+mark, "--b", "--"+mark).Replace(string(partOf(headers, content)))
	}
	inner := within("Content-Type: text/csv; name=dtc-1.csv", report, "inner")
	for name, headers := range map[string]string{
		"as a message": "Content-Type: message/rfc822",
		"as a file":    "Content-Type: application/octet-stream; name=\"Fwd report.eml\"",
		"twice":        "Content-Type: message/rfc822",
	} {
		message := partOf(headers, inner)
		if name == "twice" {
			message = partOf(headers, within(headers, inner, "middle"))
		}
		got := a.arrivals("1", "a mailbox", message)
		if len(got) != 1 || got[0].name != "dtc-1.csv" || got[0].refused == nil || !strings.Contains(got[0].refused.Error(), "was forwarded") {
			t.Errorf("%s: %s", name, shown(got))
		}
	}
}

func shown(all []*arrival) string {
	var b strings.Builder
	for _, a := range all {
		fmt.Fprintf(&b, "%s %q %v; ", a.name, a.content, a.refused)
	}
	return b.String() + fmt.Sprint(len(all))
}
