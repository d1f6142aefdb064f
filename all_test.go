// Package tenderbatch holds the tests of the house as a whole: who may import
// whom, and what no code below the command may do.
package tenderbatch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "tenderbatch"

// mayImport is the table of who may import whom outside tests, besides the
// standard library. Data flows one way: files, rows, instructions, book,
// allocation, settlement, workbook.
var mayImport = map[string][]string{
	"bench": {
		"bench/report", "internal/inbox", "internal/ingest", "internal/offerfile", "internal/xlsx",
		"internal/xlsx/fault", "github.com/klauspost/compress/flate", "github.com/xuri/excelize/v2",
	},
	"bench/console": {
		"bench/report", "internal/account", "internal/console", "internal/ledger", "internal/pipeline",
	},
	"bench/report": {"github.com/klauspost/compress/flate"},
	"bench/whole":  {"bench/report", "github.com/xuri/excelize/v2"},
	"cmd/batch": {
		"cmd/batch/exchange", "docs", "fixtures", "internal/account", "internal/compare", "internal/console",
		"internal/disk", "internal/display", "internal/exitcode", "internal/export",
		"internal/export/workbook", "internal/identity", "internal/inbox", "internal/ingest",
		"internal/ledger", "internal/machine", "internal/monitor", "internal/need", "internal/notify",
		"internal/offerfolder", "internal/outgoing", "internal/pipeline", "internal/prepare",
		"internal/printout", "internal/queue", "internal/release", "internal/result", "internal/schedule",
		"internal/serve", "internal/settings", "internal/shared", "internal/signon", "internal/storage",
		"internal/strictyaml", "internal/tender", "internal/terminal", "internal/termsheet", "internal/tracing",
		"internal/whatif",
		"github.com/coreos/go-systemd/v22/daemon", "github.com/spf13/cobra", "github.com/spf13/cobra/doc",
	},
	"cmd/batch/exchange": {
		"internal/delivery", "internal/disk", "internal/display", "internal/identity", "internal/intake",
		"internal/ledger", "internal/metrics", "internal/monitor", "internal/notify", "internal/offerfile",
		"internal/offerfolder", "internal/pgp", "internal/pipeline", "internal/release", "internal/retention",
		"internal/sealed", "internal/serve", "internal/settings", "internal/shared", "internal/strictyaml",
		"internal/tender", "github.com/spf13/cobra",
	},
	"docs":              {},
	"fixtures":          {},
	"fixtures/generate": {"github.com/klauspost/compress/flate", "github.com/xuri/excelize/v2"},
	"internal/account":  {"internal/disk", "github.com/pquerna/otp/totp", "golang.org/x/crypto/argon2", "modernc.org/sqlite"},
	"internal/accounts": {"internal/display", "internal/swifttext", "internal/tender"},
	"internal/allocate": {"internal/decimals", "internal/tender", "github.com/shopspring/decimal"},
	"internal/cainstruction": {
		"internal/tender", "internal/xlsx", "github.com/shopspring/decimal",
	},
	"internal/compare": {
		"internal/display", "internal/result", "internal/settle", "internal/tender",
		"github.com/shopspring/decimal",
	},
	"internal/confirm": {"internal/swifttext", "internal/tender", "github.com/shopspring/decimal"},
	"internal/console": {
		"internal/account", "internal/compare", "internal/disk", "internal/display", "internal/export",
		"internal/export/workbook", "internal/inbox", "internal/ingest", "internal/kept", "internal/ledger",
		"internal/monitor", "internal/offerfile", "internal/offerfolder", "internal/pipeline",
		"internal/prepare", "internal/release", "internal/result", "internal/schedule", "internal/serve",
		"internal/signon", "internal/tender", "internal/whatif", "github.com/alexedwards/scs/postgresstore",
		"github.com/alexedwards/scs/sqlite3store", "github.com/alexedwards/scs/v2",
		"github.com/shopspring/decimal",
	},
	"internal/csvfile":  {"internal/tender", "internal/values", "internal/xlsx"},
	"internal/decimals": {"github.com/shopspring/decimal"},
	"internal/delivery": {
		"internal/disk", "internal/ledger", "internal/notify", "internal/offerfolder", "internal/pgp",
		"internal/s3link", "internal/settings", "internal/sshlink", "internal/tender",
		"github.com/gofrs/flock",
	},
	"internal/disk":     {"golang.org/x/sys/unix"},
	"internal/display":  {"github.com/shopspring/decimal"},
	"internal/exitcode": {},
	"internal/export": {
		"internal/allocate", "internal/compare", "internal/decimals", "internal/display", "internal/pricing",
		"internal/result", "internal/settle", "internal/spreadsheet", "internal/tender",
		"github.com/shopspring/decimal",
	},
	"internal/export/pain001": {"internal/accounts", "internal/export", "internal/payment", "internal/tender"},
	"internal/export/parquetfile": {
		"internal/export", "internal/tender", "github.com/parquet-go/parquet-go",
		"github.com/shopspring/decimal",
	},
	"internal/export/seev": {
		"internal/confirm", "internal/export", "internal/tender", "github.com/shopspring/decimal",
	},
	"internal/export/swiftmt": {
		"internal/confirm", "internal/swifttext", "internal/tender", "github.com/shopspring/decimal",
	},
	"internal/export/workbook": {
		"internal/allocate", "internal/compare", "internal/decimals", "internal/display", "internal/pricing",
		"internal/result", "internal/settle", "internal/spreadsheet", "internal/tender",
		"github.com/shopspring/decimal", "github.com/xuri/excelize/v2",
	},
	"internal/headings": {"internal/display", "internal/tender", "internal/values", "internal/xlsx"},
	"internal/identity": {
		"internal/disk", "internal/ledger", "internal/offerfolder", "internal/release", "internal/settings",
	},
	"internal/idleconn": {},
	"internal/imaplink": {
		"internal/idleconn", "internal/settings", "github.com/emersion/go-imap/v2", "github.com/emersion/go-sasl",
	},
	"internal/imaplink/imaptest": {"internal/servertest", "internal/settings"}, // a Dovecot for the tests of others
	"internal/inbox":             {"internal/disk", "internal/display", "internal/tender", "internal/values", "golang.org/x/text/unicode/norm"},
	"internal/ingest": {
		"internal/cainstruction", "internal/csvfile", "internal/display", "internal/headings", "internal/inbox",
		"internal/parallel",
		"internal/tender", "internal/values", "internal/xlsx", "internal/xlsx/fault",
		"github.com/shopspring/decimal",
	},
	"internal/intake": {
		"internal/cainstruction", "internal/csvfile", "internal/disk", "internal/display", "internal/imaplink",
		"internal/inbox", "internal/ledger", "internal/offerfile", "internal/offerfolder", "internal/pgp",
		"internal/prepare", "internal/s3link", "internal/settings", "internal/sshlink", "internal/tender",
		"internal/xlsx", "internal/xlsx/fault", "github.com/gofrs/flock", "github.com/jhillyerd/enmime/v2",
	},
	"internal/kept": {},
	"internal/ledger": {
		"internal/disk", "internal/parallel", "internal/tender", "github.com/gofrs/flock",
		"modernc.org/sqlite", "modernc.org/sqlite/lib",
	},
	"internal/machine": {},
	"internal/metrics": {
		"github.com/prometheus/client_golang/prometheus",
		"github.com/prometheus/client_golang/prometheus/promhttp", "golang.org/x/net/netutil",
	},
	"internal/monitor": {
		"internal/compare", "internal/disk", "internal/display", "internal/exitcode", "internal/export",
		"internal/kept", "internal/ledger", "internal/metrics", "internal/need", "internal/notify",
		"internal/offerfolder", "internal/pipeline", "internal/release", "internal/result",
		"internal/schedule", "internal/serve", "internal/settings", "internal/tender", "internal/tracing",
		"github.com/shopspring/decimal",
	},
	"internal/need": {"internal/disk", "internal/inbox", "internal/offerfolder", "internal/result"},
	"internal/notify": {
		"internal/disk", "internal/display", "internal/exitcode", "internal/settings", "internal/tender",
		"github.com/wneessen/go-mail", "github.com/wneessen/go-mail/smtp",
	},
	"internal/notify/smtptest": {"internal/servertest", "internal/settings"}, // an Exim for the tests of others
	"internal/offerfile": {
		"internal/display", "internal/headings", "internal/pricing", "internal/schedule", "internal/schema",
		"internal/strictyaml", "internal/tender", "internal/values", "github.com/shopspring/decimal",
	},
	"internal/offerfolder": {
		"internal/disk", "internal/export/workbook", "internal/inbox", "internal/ledger", "internal/offerfile",
		"internal/tender",
	},
	"internal/officetest": {"github.com/shopspring/decimal", "github.com/xuri/excelize/v2"},
	"internal/outgoing": {
		"internal/accounts", "internal/confirm", "internal/disk", "internal/display", "internal/export",
		"internal/export/pain001", "internal/export/parquetfile", "internal/export/seev",
		"internal/export/swiftmt", "internal/ledger", "internal/offerfile", "internal/offerfolder",
		"internal/payment", "internal/pipeline", "internal/result", "internal/settle", "internal/swifttext",
		"internal/tender", "github.com/gofrs/flock", "github.com/shopspring/decimal",
	},
	"internal/parallel": {},
	"internal/payment": {
		"internal/accounts", "internal/swifttext", "internal/tender", "github.com/shopspring/decimal",
	},
	"internal/pgp":         {"github.com/ProtonMail/gopenpgp/v3/armor", "github.com/ProtonMail/gopenpgp/v3/constants", "github.com/ProtonMail/gopenpgp/v3/crypto"},
	"internal/pgp/pgptest": {}, // GnuPG as the other side, for the tests of others
	"internal/pipeline": {
		"internal/allocate", "internal/compare", "internal/decimals", "internal/disk", "internal/display",
		"internal/exitcode", "internal/export", "internal/export/workbook", "internal/inbox",
		"internal/ingest", "internal/ledger", "internal/need", "internal/offerfile", "internal/offerfolder",
		"internal/parallel", "internal/pricing", "internal/readback", "internal/result", "internal/schedule",
		"internal/settle", "internal/settled", "internal/strictyaml", "internal/tender",
		"github.com/shopspring/decimal",
	},
	"internal/prepare": {
		"internal/disk", "internal/display", "internal/inbox", "internal/ledger", "internal/offerfile",
		"internal/offerfolder", "internal/tender",
	},
	"internal/pricing": {"internal/tender", "github.com/shopspring/decimal"},
	"internal/printout": {
		"internal/compare", "internal/display", "internal/exitcode", "internal/export",
		"internal/export/workbook", "internal/ingest", "internal/ledger", "internal/pipeline",
		"internal/pricing", "internal/release", "internal/result", "internal/schedule", "internal/settle",
		"internal/tender", "internal/whatif", "github.com/shopspring/decimal",
	},
	"internal/pseudonym": {},
	"internal/queue": {
		"internal/ledger", "internal/offerfile", "internal/offerfolder", "internal/pipeline",
		"internal/schedule", "internal/serve", "internal/shared", "internal/tender", "github.com/jackc/pgx/v5",
		"github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgxpool", "github.com/riverqueue/river",
		"github.com/riverqueue/river/riverdriver/riverpgxv5", "github.com/riverqueue/river/rivermigrate",
		"github.com/riverqueue/river/rivertype", "golang.org/x/sync/semaphore",
	},
	"internal/readback": {
		"internal/decimals", "internal/disk", "internal/export", "internal/result", "internal/settle",
		"internal/tender", "internal/xlsx", "github.com/shopspring/decimal",
	},
	"internal/release": {
		"internal/compare", "internal/disk", "internal/display", "internal/export", "internal/inbox",
		"internal/ledger", "internal/offerfile", "internal/offerfolder", "internal/pipeline",
		"internal/readback", "internal/result", "internal/settle", "internal/tender", "github.com/hiddeco/sshsig",
		"github.com/shopspring/decimal", "golang.org/x/crypto/ssh",
	},
	"internal/result": {
		"internal/allocate", "internal/decimals", "internal/display", "internal/pricing", "internal/settle",
		"internal/tender", "github.com/shopspring/decimal",
	},
	"internal/retention": {
		"internal/disk", "internal/ledger", "internal/offerfolder", "internal/pseudonym", "internal/tender",
	},
	"internal/s3link":   {"internal/idleconn", "internal/settings", "internal/storage", "github.com/minio/minio-go/v7"},
	"internal/schedule": {"internal/tender", "github.com/robfig/cron/v3"},
	"internal/schema":   {"internal/strictyaml"},
	"internal/sealed": {
		"internal/accounts", "internal/disk", "internal/ledger", "internal/offerfolder", "internal/pgp",
		"internal/release", "github.com/klauspost/compress/zstd",
	},
	"internal/serve": {
		"internal/disk", "internal/schedule", "internal/tender", "github.com/fsnotify/fsnotify",
		"github.com/gofrs/flock",
	},
	"internal/servertest": {
		"internal/idleconn", "github.com/jackc/pgx/v5", "github.com/minio/minio-go/v7",
		"github.com/minio/minio-go/v7/pkg/credentials",
	},
	"internal/settings": {"internal/disk", "internal/schema", "internal/strictyaml", "golang.org/x/crypto/ssh"},
	"internal/settle": {
		"internal/allocate", "internal/decimals", "internal/pricing", "internal/tender",
		"github.com/shopspring/decimal",
	},
	"internal/settled": {
		"internal/export", "internal/ledger", "internal/offerfile", "internal/offerfolder", "internal/result",
		"internal/settle", "internal/tender", "github.com/shopspring/decimal",
	},
	"internal/shared": {
		"internal/disk", "internal/kept", "internal/ledger", "internal/offerfolder", "internal/parallel",
		"internal/storage", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn",
		"github.com/jackc/pgx/v5/pgxpool", "github.com/jackc/pgx/v5/stdlib",
	},
	"internal/signon": {"internal/account", "github.com/coreos/go-oidc/v3/oidc", "golang.org/x/oauth2"},
	"internal/spreadsheet": {
		"internal/decimals", "internal/display", "internal/tender", "github.com/klauspost/compress/flate",
		"github.com/shopspring/decimal", "github.com/xuri/excelize/v2",
	},
	"internal/sshlink":         {"internal/idleconn", "internal/settings", "github.com/pkg/sftp", "golang.org/x/crypto/ssh"},
	"internal/sshlink/sshtest": {"internal/servertest", "internal/settings"}, // an OpenSSH server for the tests of others
	"internal/storage": {
		"internal/disk", "github.com/minio/minio-go/v7", "github.com/minio/minio-go/v7/pkg/credentials",
		"github.com/minio/minio-go/v7/pkg/encrypt",
	},
	"internal/strictyaml": {
		"internal/display", "github.com/goccy/go-yaml", "github.com/goccy/go-yaml/ast",
		"github.com/goccy/go-yaml/lexer", "github.com/goccy/go-yaml/parser", "github.com/goccy/go-yaml/token",
	},
	"internal/swifttext": {"golang.org/x/text/unicode/norm"},
	"internal/tender":    {"internal/decimals", "internal/display", "github.com/shopspring/decimal"},
	"internal/terminal":  {"internal/pipeline", "github.com/mattn/go-isatty", "github.com/schollz/progressbar/v3"},
	"internal/termsheet": {
		"internal/decimals", "internal/display", "internal/offerfile", "internal/schema", "internal/spreadsheet",
		"internal/strictyaml", "internal/tender", "internal/values", "internal/xlsx", "internal/xlsx/fault",
		"github.com/shopspring/decimal", "github.com/xuri/excelize/v2",
	},
	"internal/tracing": {
		"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes",
		"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp",
		"go.opentelemetry.io/otel/sdk/resource", "go.opentelemetry.io/otel/sdk/trace",
		"go.opentelemetry.io/otel/trace",
	},
	"internal/values": {"internal/display", "internal/tender", "internal/xlsx", "github.com/shopspring/decimal"},
	"internal/whatif": {
		"internal/allocate", "internal/display", "internal/offerfolder", "internal/pipeline",
		"internal/pricing", "internal/result", "internal/settle", "internal/tender",
		"github.com/shopspring/decimal",
	},
	"internal/xlsx":          {"internal/xlsx/compound", "internal/xlsx/fault", "github.com/klauspost/compress/flate"},
	"internal/xlsx/compound": {"internal/xlsx/fault"},
	"internal/xlsx/fault":    {},
	"internal/xlsx/xlsxtest": {}, // protects workbooks for the tests of others; no program imports it
}

// noFloats are the packages in which an amount, a price or a time passes
// through every function.
var noFloats = []string{"internal/tender", "internal/values", "internal/inbox", "internal/offerfile", "internal/ingest", "internal/cainstruction", "internal/xlsx", "internal/allocate",
	"internal/settle", "internal/ledger", "internal/release", "internal/schedule", "internal/pipeline", "internal/pricing"}

func TestHouseRules(t *testing.T) {
	for _, v := range violations(t, os.DirFS(".")) {
		t.Error(v)
	}
}

func TestHouseRulesFindPlantedViolations(t *testing.T) {
	for _, c := range []struct{ file, source, want string }{
		{"internal/allocate/a.go", `package allocate; import _ "tenderbatch/internal/ingest"`, "may not import internal/ingest"},
		{"internal/ingest/a.go", `package ingest; import _ "github.com/xuri/excelize/v2"`, "may not import github.com/xuri/excelize/v2"},
		{"internal/util/a.go", `package util`, "has no row in the table"},
		{"internal/pipeline/a.go", `package pipeline; import "time"; var _ = time.Now()`, "reads the clock"},
		{"internal/settle/a.go", `package settle; var price float64`, "float64"},
		{"internal/settle/a.go", `package settle; func f(a, b, c bool) bool { return a && b || c }`, "parentheses"},
	} {
		house := planted{c.file: c.source}
		if got := strings.Join(violations(t, house.fs(t)), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s with %q: %q, want %q", c.file, c.source, got, c.want)
		}
	}
}

// planted is a house of a few files.
type planted map[string]string

func (p planted) fs(t *testing.T) fs.FS {
	t.Helper()
	root := t.TempDir()
	for name, source := range p {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(source), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return os.DirFS(root)
}

// violations lists what breaks the rules of the house, one line each.
func violations(t *testing.T, house fs.FS) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(house, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(house, name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		found = append(found, wrongImports(path.Dir(name), file)...)
		found = append(found, wrongWords(name, files, file)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wrongImports(folder string, file *ast.File) []string {
	allowed, known := mayImport[folder]
	if !known {
		return []string{folder + " has no row in the table of who may import whom"}
	}
	var found []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return []string{err.Error()}
		}
		own := strings.TrimPrefix(imported, module+"/")
		standard := own == imported && !strings.Contains(strings.Split(imported, "/")[0], ".")
		if !standard && !slices.ContainsFunc(allowed, func(a string) bool { return own == a || (strings.HasPrefix(own, a+"/") && strings.Contains(a, ".")) }) {
			found = append(found, fmt.Sprintf("%s may not import %s", folder, own))
		}
	}
	return found
}

func wrongWords(name string, files *token.FileSet, file *ast.File) []string {
	folder := path.Dir(name)
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && n.Sel.Name == "Now" && !strings.HasPrefix(folder, "cmd/") && !strings.HasPrefix(folder, "bench") {
				found = append(found, fmt.Sprintf("%s reads the clock: only a command may", files.Position(n.Pos())))
			}
		case *ast.BinaryExpr:
			for _, side := range []ast.Expr{n.X, n.Y} {
				if inner, ok := side.(*ast.BinaryExpr); ok && n.Op == token.LOR && inner.Op == token.LAND {
					found = append(found, fmt.Sprintf("%s: put the && between the || into parentheses", files.Position(inner.Pos())))
				}
			}
		case *ast.Ident:
			if (n.Name == "float64" || n.Name == "float32") && slices.Contains(noFloats, folder) {
				found = append(found, fmt.Sprintf("%s: %s may lie near an amount", files.Position(n.Pos()), n.Name))
			}
		}
		return true
	})
	return found
}

// oldWords are words that the project does not use: a reader at night, or one whose first
// language is another, understands plain ones at once. docs/glossary.md has the terms.
var oldWords = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{"te" + "ll", "te" + "lls", "to" + "ld", "te" + "lling", "li" + "es", "st" + "ands",
	"go" + "ne", "an" + "ew", "no" + "body", "some" + "body", "who" + "ever", "de" + "ed", "de" + "eds"}, "|") + `)\b`)

// oldCode is a value of result.json that has one of these words and is a contract.
var oldCode = regexp.MustCompile("[\"`]go" + "ne[\"`]")

// TestPlainWords reads every comment, message, transcript, page and script.
func TestPlainWords(t *testing.T) {
	for _, v := range oldWordsIn(t, os.DirFS(".")) {
		t.Error(v)
	}
}

func TestPlainWordsFindsPlantedOnes(t *testing.T) {
	house := planted{"docs/a.md": "Nothing.\nThe system to" + "ld it.\n", "internal/a.go": "package a // kinds: \"go" + "ne\"\n"}
	if got := oldWordsIn(t, house.fs(t)); len(got) != 1 || !strings.HasPrefix(got[0], "docs/a.md:2: ") {
		t.Errorf("found %q", got)
	}
}

// oldWordsIn lists the lines with old words.
func oldWordsIn(t *testing.T, house fs.FS) (found []string) {
	t.Helper()
	read := []string{".go", ".md", ".txtar", ".case", ".sh", ".yaml"}
	err := fs.WalkDir(house, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !slices.Contains(read, path.Ext(name)):
			return nil
		}
		content, err := fs.ReadFile(house, name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(content), "\n") {
			if word := oldWords.FindString(oldCode.ReplaceAllString(line, "")); word != "" {
				found = append(found, fmt.Sprintf("%s:%d: %q; write it in plain words", name, i+1, word))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// mostLines is how many lines a package may have without its tests: then it holds more than
// one kind of thing.
const mostLines = 5_500

func TestNoPackageIsTooLarge(t *testing.T) {
	lines := map[string]int{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		lines[path.Dir(name)] += strings.Count(string(source), "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, n := range lines {
		if n > mostLines {
			t.Errorf("%s has %d lines, more than %d: move a kind of thing out of it", folder, n, mostLines)
		}
	}
}
