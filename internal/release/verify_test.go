package release

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

// forge writes entries into the history of an offer, as a person who may write the folder can.
func (o *offer) forge(entries ...ledger.Entry) {
	o.t.Helper()
	log, err := ledger.OpenLog(filepath.Join(o.folder, "runs"))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, e := range entries {
		if _, err := log.Append(e); err != nil {
			o.t.Fatal(err)
		}
	}
}

// TestAForgedReleaseIsFoundByTheVerification has each rule broken in the history by hand.
func TestAForgedReleaseIsFoundByTheVerification(t *testing.T) {
	for what, c := range map[string]struct {
		want  string
		forge func(submitted, approved, released ledger.Entry) []ledger.Entry
	}{
		"as it should be":    {"", func(s, a, r ledger.Entry) []ledger.Entry { return []ledger.Entry{s, a, r} }},
		"without approval":   {"which lacked 1 of the approvals", func(s, a, r ledger.Entry) []ledger.Entry { return []ledger.Entry{s, r} }},
		"without submission": {"which lacked 1 of the approvals", func(s, a, r ledger.Entry) []ledger.Entry { return []ledger.Entry{a, s, r} }},
		"by a maker": {"is an approval of run 2026-05-20T000000-b9861196 by ann, who had a hand in it", func(s, a, r ledger.Entry) []ledger.Entry {
			a.Actor = user("ann")
			return []ledger.Entry{s, a, r}
		}},
		"of another digest": {"which lacked 1", func(s, a, r ledger.Entry) []ledger.Entry {
			a.Manifest = strings.Repeat("a", 64)
			return []ledger.Entry{s, a, r}
		}},
		"that releases another digest": {"releases another manifest", func(s, a, r ledger.Entry) []ledger.Entry {
			r.Manifest = strings.Repeat("a", 64)
			return []ledger.Entry{s, a, r}
		}},
		"of other totals": {"approves other totals than were released", func(s, a, r ledger.Entry) []ledger.Entry {
			a.Totals = []ledger.Total{{Currency: "USD", Tendered: "1", Accepted: "1", ToWire: "1"}}
			return []ledger.Entry{s, a, r}
		}},
		"that releases other totals": {"releases other totals than run", func(s, a, r ledger.Entry) []ledger.Entry {
			r.Totals = []ledger.Total{{Currency: "USD", Tendered: "1", Accepted: "1", ToWire: "1"}}
			return []ledger.Entry{s, a, r}
		}},
		"after a return": {"which lacked 1", func(s, a, r ledger.Entry) []ledger.Entry {
			b := s
			b.Event, b.Actor = ledger.Returned, user("cleo")
			return []ledger.Entry{s, a, b, r}
		}},
		"of a run that was never published": {"which was never published", func(s, a, r ledger.Entry) []ledger.Entry {
			r.Run = "2026-05-20T000000-00000000"
			return []ledger.Entry{s, a, r}
		}},
		"of two approvals by one": {"is the second approval", func(s, a, r ledger.Entry) []ledger.Entry { return []ledger.Entry{s, a, a, r} }},
	} {
		t.Run(what, func(t *testing.T) {
			o := newOffer(t, "release: {}\n")
			run := o.mustRun("ann")
			must(t, o.submit("ann", run), o.approve("bob", run), o.release("ann", run))
			entries := o.entries()
			n := len(entries)
			steps := entries[n-3:]
			o = newOffer(t, "release: {}\n")
			if o.mustRun("ann") == "" {
				t.Fatal("no run")
			}
			steps[0].Manifest = o.entries()[1].Manifest
			for i := range steps {
				steps[i].Manifest = o.entries()[1].Manifest
				steps[i].Seq, steps[i].Hash = 0, ""
			}
			o.forge(c.forge(steps[0], steps[1], steps[2])...)
			found, _, err := Verify(o.folder, Signers{})
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, f := range found {
				if !strings.HasPrefix(f.Where, "released") && !strings.HasPrefix(f.Where, "final") { // made by the next run
					said += f.String() + "\n"
				}
			}
			if (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
				t.Errorf("found\n%s\nwant %q", said, c.want)
			}
		})
	}
}

func TestARunMadeUnderAWeakerRuleIsFound(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run), o.approve("bob", run), o.release("ann", run))
	entries := o.entries()
	e := entries[2]
	e.Seq, e.Hash, e.Attempt, e.Release = 0, "", "", &tender.ReleaseRule{Approvals: 0, From: tender.Final}
	o.forge(e)
	found, _, err := Verify(o.folder, Signers{})
	if err != nil || len(found) == 0 || !strings.Contains(found[len(found)-1].What, "though runs before it were made under") {
		t.Errorf("%v, %v", found, err)
	}
}

// key is an SSH key of a person, and the line of the allowed signers for it.
func key(t testing.TB, name string) (private []byte, line string) {
	t.Helper()
	public, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(secret, name)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), name + " " + string(ssh.MarshalAuthorizedKey(parsed))
}

// signed approves a run as a person who signs with a key.
func (o *offer) signed(name, run string, signers Signers, private []byte) error {
	req := o.as(name, run)
	req.Signers = signers
	s, err := Show(context.Background(), req)
	if err != nil {
		return err
	}
	signature, err := Sign(s.Text(), private)
	if err != nil {
		return err
	}
	_, err = Approve(context.Background(), req, Confirmed{Manifest: s.Entry.Manifest, Signature: signature,
		Typed: ledger.Amount{Currency: "USD", Amount: s.Entry.Totals[0].ToWire}})
	return err
}

func TestApprovalsAreSignedWhereTheTermsSaySo(t *testing.T) {
	o := newOffer(t, "release: {signed: true}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run))
	bob, bobs := key(t, "bob")
	eve, eves := key(t, "eve")
	var signers Signers
	must(t, signers.AddFile([]byte("# people\n\n"+bobs+eves)))
	refuses(t, o.approve("bob", run), "approvals of this offer must be signed")
	refuses(t, o.signed("bob", run, signers, eve), "which is no key of bob")
	refuses(t, o.signed("cleo", run, signers, bob), "no key of cleo is known")
	refuses(t, o.signed("bob", run, Signers{}, bob), "no keys are known")
	must(t, o.signed("bob", run, signers, bob))
	refuses(t, o.release("ann", run), "no keys are known to check that")
	req := o.as("ann", run)
	req.Signers = signers
	if _, _, err := Release(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		signers  Signers
		unproven int
	}{{signers, 0}, {Signers{}, 1}} {
		if found, unproven, err := Verify(o.folder, c.signers); len(found) > 0 || unproven != c.unproven || err != nil {
			t.Errorf("%v, %d unproven, %v", found, unproven, err)
		}
	}
	var others Signers
	_, strangers := key(t, "bob")
	must(t, others.AddFile([]byte(strangers)))
	if found, _, err := Verify(o.folder, others); len(found) != 1 || err != nil || !strings.Contains(found[0].What, "that is not proven") {
		t.Errorf("%v, %v", found, err)
	}
}

// TestAnAdministratorCannotForgeASignature has the whole history written again, with a chain
// that holds, by a person who has everything but the approver's key.
func TestAnAdministratorCannotForgeASignature(t *testing.T) {
	bob, bobs := key(t, "bob")
	mallory, _ := key(t, "mallory")
	var signers Signers
	must(t, signers.AddFile([]byte(bobs)))
	o := newOffer(t, "release: {signed: true}\n")
	first := o.mustRun("ann")
	must(t, o.submit("ann", first), o.signed("bob", first, signers, bob))
	entries := o.entries()
	genuine := entries[len(entries)-1]
	for what, forged := range map[string]func(e *ledger.Entry){
		"another key": func(e *ledger.Entry) {
			signature, err := Sign(textOf(*e), mallory)
			if err != nil {
				t.Fatal(err)
			}
			e.Approval.Signature = string(signature)
		},
		"the signature of another statement": func(e *ledger.Entry) { e.Approval.Signature = genuine.Approval.Signature },
		"no signature":                       func(e *ledger.Entry) { e.Approval.Signature = "" },
		"noise": func(e *ledger.Entry) {
			e.Approval.Signature = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----"
		},
	} {
		o := newOffer(t, "release: {signed: true}\n")
		o.report("ann")
		o.mustRun("ann")
		published := o.entries()[len(o.entries())-1]
		run, err := pipeline.FindRun(filepath.Join(o.folder, "runs", published.Run))
		if err != nil {
			t.Fatal(err)
		}
		step := func(event ledger.Event, by string) ledger.Entry {
			e := ledger.Entry{At: o.clock(), Event: event, Actor: user(by), Offer: "small", Phase: "final", AsOf: run.Manifest.AsOf, Run: published.Run,
				Manifest: published.Manifest, Counts: published.Counts, Totals: published.Totals}
			if event == ledger.Approved {
				e.Approval = &ledger.Approval{Typed: ledger.Amount{Currency: "USD", Amount: published.Totals[0].ToWire}}
				forged(&e)
			}
			return e
		}
		o.forge(step(ledger.Submitted, "ann"), step(ledger.Approved, "bob"), step(ledger.Released, "ann"))
		o.mustRun("ann") // the folder of the release, and final
		found, _, err := Verify(o.folder, signers)
		if len(found) != 1 || err != nil || !strings.Contains(found[0].What, "that is not proven") {
			t.Errorf("%s: %v, %v", what, found, err)
		}
	}
}

func TestKeysThatAreNotUnderstoodAreRefused(t *testing.T) {
	_, bobs := key(t, "bob")
	_, keyOnly, _ := strings.Cut(bobs, " ")
	for content, want := range map[string]string{
		"bob not-a-key\n":                              "the key of bob cannot be read",
		bobs + "cleo " + keyOnly:                       "one key is that of bob and of cleo",
		"*" + " " + keyOnly:                            "names no single person",
		"bob,cleo " + keyOnly:                          "names no single person",
		"bob cert-authority " + keyOnly:                "has the option cert-authority",
		"bob valid-before=\"20300101\" " + keyOnly:     "has the option valid-before",
		"bob namespaces=\"git\" " + keyOnly:            "has the option namespaces",
		"# a remark\n\nbob\n":                          "line 3: the key of bob cannot be read",
		"bob namespaces=\"batch-approval\" " + keyOnly: "",
		"\"bob\" " + keyOnly:                           "",
	} {
		var s Signers
		err := s.AddFile([]byte(content))
		if (want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
	if _, err := Sign("x", []byte("no key")); err == nil {
		t.Error("signed without a key")
	}
}

// A signature that OpenSSH makes counts, and ours are ones that OpenSSH takes.
func TestOpenSSHAgrees(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	folder := t.TempDir()
	private, line := key(t, "bob")
	e := ledger.Entry{Actor: user("bob"), Approval: &ledger.Approval{}}
	statement := textOf(e)
	for name, content := range map[string]string{"key": string(private), "statement": statement, "signers": line} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	signature, err := Sign(statement, private)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "ours"), signature, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := exec.Command(keygen, "-Y", "verify", "-f", "signers", "-I", "bob", "-n", Namespace, "-s", "ours")
	verify.Dir, verify.Stdin = folder, strings.NewReader(statement)
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	sign := exec.Command(keygen, "-Y", "sign", "-f", "key", "-n", Namespace, "statement")
	sign.Dir = folder
	if out, err := sign.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	theirs, err := os.ReadFile(filepath.Join(folder, "statement.sig"))
	if err != nil || !bytes.Contains(theirs, []byte("SSH SIGNATURE")) {
		t.Fatalf("%s, %v", theirs, err)
	}
	var signers Signers
	must(t, signers.AddFile([]byte(line)))
	e.Approval.Signature = string(theirs)
	if err := signers.check(e, true); err != nil {
		t.Error(err)
	}
	e.Run = "another"
	if err := signers.check(e, true); err == nil || !strings.Contains(err.Error(), "is not one of this statement") {
		t.Errorf("%v", err)
	}
}

// What is verified while it is released is not found wrong: it is noted before its folder is there. Once no one is at work, it is.
func TestAReleaseThatGoesOnIsNotFoundWrong(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run), o.approve("bob", run), o.release("bob", run))
	released, aside := filepath.Join(o.folder, "released"), filepath.Join(o.folder, ".aside")
	must(t, os.Rename(released, aside))
	if found, _, err := Verify(o.folder, Signers{}); err != nil || len(found) == 0 {
		t.Errorf("what is missing was not found: %v", err)
	}
	unlock, err := ledger.Lock(t.Context(), disk.Disk{}, filepath.Join(o.folder, "runs"), 0)
	must(t, err)
	var made sync.WaitGroup
	made.Go(func() {
		time.Sleep(200 * time.Millisecond)
		if err := errors.Join(os.Rename(aside, released), unlock()); err != nil {
			t.Error(err)
		}
	})
	if found, _, err := Verify(o.folder, Signers{}); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
	made.Wait()
}
