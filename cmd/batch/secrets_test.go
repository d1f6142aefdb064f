package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestT20 has a server that answers with an error page, in which it shows the address
// and the header that it was asked with.
func TestT20SecretsOfAnAddressAreNotLogged(t *testing.T) {
	const key = "T0P-sEcReT"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "Cannot POST %s (%s), or %s", r.URL.RequestURI(), r.URL.Path, strings.ReplaceAll(r.URL.Path, "/", `\/`))
	}))
	defer server.Close()
	folder := t.TempDir()
	config := filepath.Join(folder, "batch.yaml")
	for from, content := range map[string]string{
		"the file":       "webhook: {url: " + server.URL + "/hooks/" + key + "/x?token=" + key + "2, on: [failure]}\n",
		"a variable":     "webhook: {url_env: HOOK, on: [failure]}\n",
		"a ping's place": "ping: {url: \"" + server.URL + "/" + key + "/{offer}\"}\n",
	} {
		if err := os.WriteFile(config, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"json", "text"} {
			var stdout, stderr bytes.Buffer
			w := testWorld(&stdout, &stderr)
			w.getenv = func(name string) string {
				return map[string]string{"HOOK": server.URL + "/hooks/" + key}[name]
			}
			run(context.Background(), []string{"run", folder, "--config", config, "--log", format}, w)
			if out := stdout.String() + stderr.String(); !strings.Contains(out, "404") || strings.Contains(out, key) {
				t.Errorf("from %s, %s: %s", from, format, out)
			}
		}
	}
}

func TestT14TheServiceForgetsSecretsThatItLookedUp(t *testing.T) {
	environment := map[string]string{"DTC_PASSWORD": "hunter2hunter2", "PATH": "/usr/bin", "HTTPS_PROXY": "http://p"}
	credentialsFolder := t.TempDir()
	if err := os.WriteFile(filepath.Join(credentialsFolder, "MAIL_PASSWORD"), []byte("s3cret-mail\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment[credentials] = credentialsFolder
	w := world{getenv: func(name string) string { return environment[name] }}.keepingSecrets()
	w = w.forgetting(func(name string) error { delete(environment, name); return nil })
	for range 2 {
		for name, want := range map[string]string{"DTC_PASSWORD": "hunter2hunter2", "PATH": "/usr/bin", "HTTPS_PROXY": "http://p", "MAIL_PASSWORD": "s3cret-mail", "../MAIL_PASSWORD": "", "NONE": ""} {
			if got := w.getenv(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
	if _, still := environment["DTC_PASSWORD"]; still || environment["PATH"] == "" || environment["HTTPS_PROXY"] == "" {
		t.Errorf("the environment is %v", environment)
	}
	if got := w.secrets.Hide("hunter2hunter2 and s3cret-mail in /usr/bin"); got != "******** and ******** in /usr/bin" {
		t.Error(got)
	}
}
