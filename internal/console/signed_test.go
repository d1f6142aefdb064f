package console

import (
	"crypto/ed25519"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"tenderbatch/internal/account"
	"tenderbatch/internal/release"
)

// sshKey is a private SSH key, and its public one.
func sshKey(t *testing.T) (private []byte, public string) {
	t.Helper()
	key, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(secret, "")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ssh.NewPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), string(ssh.MarshalAuthorizedKey(parsed))
}

// Where approvals are signed, the page gives the statement as a file and takes its signature, with the
// ends of lines that browsers send. What was released so is proven by the keys alone.
func TestASignedApproval(t *testing.T) {
	h := demanding(t, "{approvals: 1, signed: true}")
	private, public := sshKey(t)
	other, _ := sshKey(t)
	prep, appr := h.person("ann", account.Grant{Role: account.Preparer}), h.person("bob", account.Grant{Role: account.Approver})
	if status, body := appr.get(approvalPath + "/statement"); status != 422 || !strings.Contains(body, "waits for its preparer") {
		t.Fatal(status, body)
	}
	if status, body := prep.post(approvalPath + "/submit"); status != 303 {
		t.Fatal(status, body)
	}
	_, page := appr.get(approvalPath + "/approval")
	if !strings.Contains(page, "No SSH key of your account is known") {
		t.Error("the page does not say that no key is known")
	}
	if err := h.console.Signers.Add("bob", public); err != nil {
		t.Fatal(err)
	}
	_, page = appr.get(approvalPath + "/approval")
	if strings.Contains(page, "No SSH key") || !strings.Contains(page, "ssh-keygen -Y sign -n batch-approval") {
		t.Errorf("the page does not say how to sign:\n%s", page)
	}
	manifest, total := shown(t, page)
	status, statement := appr.get(approvalPath + "/statement")
	if status != 200 || !strings.Contains(statement, manifest) || !strings.Contains(statement, "approver: account bob\n") {
		t.Fatal(status, statement)
	}
	sign := func(statement string, key []byte) string {
		signature, err := release.Sign(statement, key)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(signature), "\n", "\r\n")
	}
	for what, c := range map[string]struct{ signature, want string }{
		"none":                 {"", "must be signed"},
		"no signature":         {"signed, bob", "cannot be read"},
		"of another key":       {sign(statement, other), "which is no key of bob"},
		"of another statement": {sign(statement+"\n", private), "is not one of this statement"},
	} {
		status, body := appr.post(approvalPath+"/approve", "manifest", manifest, "total", total, "signature", c.signature)
		if status != 422 || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d, want %q\n%s", what, status, c.want, body)
		}
	}
	status, body := appr.post(approvalPath+"/approve", "manifest", manifest, "total", total, "signature", sign(statement, private))
	if status != 303 {
		t.Fatal(status, body)
	}
	if status, body := prep.post(approvalPath + "/release"); status != 303 {
		t.Fatal(status, body)
	}
	found, unproven, err := release.Verify(filepath.Join(h.folder, offerName), h.console.Signers)
	if err != nil || len(found) > 0 || unproven > 0 {
		t.Errorf("%v, %d unproven, %v", found, unproven, err)
	}
	var strangers release.Signers
	_, someone := sshKey(t)
	if err := strangers.Add("bob", someone); err != nil {
		t.Fatal(err)
	}
	if found, _, err := release.Verify(filepath.Join(h.folder, offerName), strangers); err != nil || len(found) == 0 {
		t.Errorf("with another key of bob: %v, %v", found, err)
	}
}
