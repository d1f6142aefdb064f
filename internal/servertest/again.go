package servertest

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// backend is the variable that names on what a package's tests work.
const backend = "BATCH_TEST_BACKEND"

// OnPostgres reports whether the tests of this process work on PostgreSQL.
func OnPostgres() bool { return os.Getenv(backend) == "postgres" }

// AgainOnPostgres passes the tests of the package once more, on PostgreSQL: one suite for both.
func AgainOnPostgres(t *testing.T) {
	t.Helper()
	if OnPostgres() || testing.Short() {
		t.Skip("once is enough")
	}
	PostgresFolder(t) // says if it is missing
	c := exec.Command(os.Args[0], "-test.v", "-test.timeout=20m")
	c.Env = append(os.Environ(), backend+"=postgres")
	out, err := c.CombinedOutput()
	passed := strings.Count(string(out), "\n--- PASS: ")
	if failed := regexp.MustCompile(`(?m)^--- FAIL: .*$`).FindAllString(string(out), -1); err != nil {
		t.Errorf("%v\n%s\n%s", err, strings.Join(failed, "\n"), out)
	}
	if passed == 0 {
		t.Error("no test passed")
	}
	t.Logf("%d tests passed on PostgreSQL", passed)
}
