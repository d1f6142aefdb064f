package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/ledger"
)

// letterBox is a mail server that keeps what it takes.
type letterBox struct {
	mu      sync.Mutex
	letters []string
}

func (b *letterBox) NewSession(*smtp.Conn) (smtp.Session, error) { return letterSession{b}, nil }

type letterSession struct{ box *letterBox }

func (letterSession) Reset()                               {}
func (letterSession) Logout() error                        { return nil }
func (letterSession) Mail(string, *smtp.MailOptions) error { return nil }
func (letterSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s letterSession) Data(r io.Reader) error {
	letter, err := io.ReadAll(r)
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.letters = append(s.box.letters, string(letter))
	return err
}

// take returns the letters that came since it was called last.
func (b *letterBox) take() (letters []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	letters, b.letters = b.letters, nil
	return letters
}

func newLetterBox(t *testing.T) (box *letterBox, port int) {
	t.Helper()
	box = &letterBox{}
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return box, l.Addr().(*net.TCPAddr).Port
}

// TestMailSaysWhatARunWaitsFor follows a run from its computation to its release: each step is in a
// mail of its own to those who wait, and the workbook comes with the release, not before.
func TestMailSaysWhatARunWaitsFor(t *testing.T) {
	folder := level3Folder(t)
	if err := askForRelease(filepath.Join(folder, "offer.yaml")); err != nil {
		t.Fatal(err)
	}
	box, port := newLetterBox(t)
	config := filepath.Join(t.TempDir(), "batch.yaml")
	mail := fmt.Sprintf("mail: {server: 127.0.0.1, port: %d, security: none, from: batch@example.com, to: [desk@example.com]}\n", port)
	if err := os.WriteFile(config, []byte(mail), 0o640); err != nil {
		t.Fatal(err)
	}
	latest := filepath.Join(folder, "runs", "latest")
	for _, step := range []struct {
		as, line string
		want     []string // in the mail, none: there is none
	}{
		{"ann", "run FOLDER --accept-rejects tested", []string{"done, AWAITING APPROVAL", "not attached, as the run awaits approval"}},
		{"ann", "run FOLDER --accept-rejects tested", nil}, // nothing is new
		{"ann", "submit LATEST", []string{"submitted by ann, AWAITING APPROVAL", "the run waits for 1 approval"}},
		{"bob", "return LATEST --comment row_20_is_wrong", []string{"returned by bob, AWAITING SUBMISSION", "row_20_is_wrong"}},
		{"ann", "submit LATEST", []string{"AWAITING APPROVAL"}},
		{"bob", "approve LATEST --total USD_658,621,435.62", []string{"approved by bob, AWAITING RELEASE"}},
		{"ann", "withdraw LATEST --reason a_mistake", []string{"withdrawn by ann, AWAITING SUBMISSION"}},
		{"ann", "submit LATEST", []string{"AWAITING APPROVAL"}},
		{"bob", "approve LATEST --total USD_658,621,435.62", []string{"AWAITING RELEASE"}},
		{"ann", "release LATEST", []string{"RELEASED by ann: the run is in force", "filename=\"level3-2004-2004-12-02T000000-4a2d5b45.xlsx\""}},
		{"ann", "release LATEST", nil}, // it was released before
	} {
		var args []string
		for word := range strings.FieldsSeq(step.line) {
			args = append(args, strings.NewReplacer("FOLDER", folder, "LATEST", latest, "USD_", "USD ").Replace(word))
		}
		var out bytes.Buffer
		w := testWorld(&out, &out)
		w.actor = ledger.Actor{Kind: ledger.User, Name: step.as}
		if code := run(context.Background(), append(args, "--config", config), w); code != int(exitcode.Done) {
			t.Fatalf("%s: exit code %d\n%s", step.line, code, out.String())
		}
		letters := box.take()
		if len(letters) != min(1, len(step.want)) {
			t.Fatalf("%s: %d mails\n%s", step.line, len(letters), out.String())
		}
		for _, want := range step.want {
			// Lines are folded in headers, and broken with = at their ends in the text.
			if flat := strings.NewReplacer("=\r\n", "", "\r\n ", " ").Replace(letters[0]); !strings.Contains(flat, want) {
				t.Errorf("%s: no %q in\n%.3000s", step.line, want, letters[0])
			}
		}
		if attached := strings.Contains(strings.Join(letters, ""), "filename="); attached != (strings.HasPrefix(step.line, "release") && step.want != nil) {
			t.Errorf("%s: a workbook is attached: %t", step.line, attached)
		}
	}
}

// TestANoticeThatCannotBeSentChangesNoStep has wrong settings, and a mail server that is not there.
func TestANoticeThatCannotBeSentChangesNoStep(t *testing.T) {
	folder := level3Folder(t)
	if err := askForRelease(filepath.Join(folder, "offer.yaml")); err != nil {
		t.Fatal(err)
	}
	latest := filepath.Join(folder, "runs", "latest")
	batchOutput(t, exitcode.Done, "run", folder, "--accept-rejects", "tested")
	config := filepath.Join(t.TempDir(), "batch.yaml")
	for content, want := range map[string]string{
		"mail: {}\n": "warning: no notice was sent: ",
		"webhook:\n  url: http://127.0.0.1:1/hook\n": "a notice could not be sent",
	} {
		if err := os.WriteFile(config, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		said := batchOutput(t, exitcode.Done, "submit", latest, "--config", config)
		if !strings.Contains(said, want) || !strings.Contains(said, "is submitted by tester") {
			t.Errorf("no %q in\n%s", want, said)
		}
		batchOutput(t, exitcode.Done, "withdraw", latest, "--reason", "tested")
	}
}
