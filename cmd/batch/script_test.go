package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/crypto/ssh"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/xlsx/xlsxtest"
)

// scriptNow is the time in every transcript: long after the example's offer.
var scriptNow = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// testNow is the clock of the tests.
func testNow() time.Time { return scriptNow }

// testWorld is the world in tests.
func testWorld(stdout, stderr io.Writer) world {
	return world{stdout: stdout, stderr: stderr, now: testNow, getenv: func(string) string { return "" }, version: testVersion, by: "tester",
		actor: ledger.Actor{Kind: ledger.User, Name: "tester"}}
}

// TestScripts runs the transcripts in testdata. Each starts in a folder with
// the worked example under level3, and those with modern terms under solventum, cobank and rogers.
// Besides testscript's own commands there are:
//
//	batch CODE ARGS...           runs the program and demands its exit code
//	cell FILE SHEET CELL VALUE   changes one cell of a workbook
//	edit FILE OLD NEW            replaces text that occurs once in a file; \n is a new line
//	same A B                     demands that two folders hold the same bytes
//	hold FOLDER                  holds the lock of a runs folder until the end
//	protect FILE PASSWORD        protects a workbook by a password
//	flip FILE                    flips a bit in the middle of a file
//	sshkey FILE NAME             makes a private SSH key, and adds its public key to FILE.allowed under the name
//	database                     names an empty database and a storage in the environment; without PostgreSQL the script ends
//	forge RUN FILE OLD NEW       replaces the first such text in a file of a published run, and has its manifest agree
//
// The program sees the script's environment. NOW is the time, AS who gives the commands, TYPED what
// that person types at a terminal, STDOUT a file that is the standard output, and WITHIN after how long the program is
// asked to stop.
func TestScripts(t *testing.T) { runScripts(t, scriptBatch) }

// runScripts runs all transcripts with what does the command batch.
func runScripts(t *testing.T, batch func(*testscript.TestScript, bool, []string)) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			errs := []error{writeExample(filepath.Join(env.WorkDir, "level3"))}
			for _, name := range []string{solventum, cobank, rogers} {
				short, _, _ := strings.Cut(name, "-")
				errs = append(errs, os.CopyFS(filepath.Join(env.WorkDir, short), os.DirFS(fixture(name))))
			}
			return errors.Join(errs...)
		},
		Condition: func(name string) (bool, error) { return name == "full" && !testing.Short(), nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"batch": batch,
			"cell":  scriptCell,
			"edit":  scriptEdit,
			"same":  scriptSame,
			"hold":  scriptHold,

			"protect": scriptProtect,
			"flip":    scriptFlip,
			"forge":   scriptForge,
			"database": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Setenv(databaseEnv, servertest.Postgres(t))
				ts.Setenv(storageEnv, ts.MkAbs("storage"))
				ts.Check(os.MkdirAll(ts.MkAbs("storage"), 0o750))
			},
			"sshkey": scriptKey,
		},
	})
}

func scriptBatch(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	now := scriptNow
	if at := ts.Getenv("NOW"); at != "" {
		now, err = time.Parse(time.RFC3339, at)
		ts.Check(err)
	}
	var words []string
	for _, arg := range args[1:] {
		words = append(words, underWork(ts, arg))
	}
	w := testWorld(ts.Stdout(), ts.Stderr())
	if name := ts.Getenv("STDOUT"); name != "" {
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		ts.Check(err)
		defer file.Close()
		w.stdout = file
	}
	w.now, w.getenv = func() time.Time { return now }, ts.Getenv
	if as := ts.Getenv("AS"); as != "" {
		w.by, w.actor.Name = as+"@host pid 1", as
	}
	if typed := ts.Getenv("TYPED"); typed != "" {
		w.ask = func(_ context.Context, prompt string) (string, error) {
			_, err := fmt.Fprintln(w.stderr, prompt)
			return typed, err
		}
	}
	var printed bytes.Buffer
	schema := schemaOf(words)
	if schema != "" {
		w.stdout = io.MultiWriter(w.stdout, &printed)
	}
	ctx := context.Background()
	if within := ts.Getenv("WITHIN"); within != "" {
		d, err := time.ParseDuration(within)
		ts.Check(err)
		limited, stop := context.WithTimeout(ctx, d)
		defer stop()
		ctx = limited
	}
	got := run(ctx, words, w)
	if schema != "" && printed.Len() > 0 && ts.Getenv("STDOUT") == "" {
		ts.Check(validate(schema, printed.Bytes()))
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// underWork makes the names of the script's files whole: the program runs in
// the test's own folder.
func underWork(ts *testscript.TestScript, arg string) string {
	if strings.HasPrefix(arg, "level3") || strings.HasPrefix(arg, "./") {
		return ts.MkAbs(arg)
	}
	return arg
}

func scriptCell(ts *testscript.TestScript, _ bool, args []string) {
	book, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(book.SetCellValue(args[1], args[2], args[3]))
	ts.Check(book.Save())
	ts.Check(book.Close())
}

func scriptEdit(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	text := ts.ReadFile(args[0])
	old, by := strings.ReplaceAll(args[1], `\n`, "\n"), strings.ReplaceAll(args[2], `\n`, "\n")
	if strings.Count(text, old) != 1 {
		ts.Fatalf("%q is %d times in %s", old, strings.Count(text, old), args[0])
	}
	ts.Check(os.WriteFile(path, []byte(strings.Replace(text, old, by, 1)), 0o640))
}

func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	a, b := folderBytes(ts, args[0]), folderBytes(ts, args[1])
	same := len(a) == len(b) && len(a) > 0
	for name, content := range a {
		same = same && b[name] == content
	}
	if same == neg {
		ts.Fatalf("%s and %s: same bytes %t", args[0], args[1], same)
	}
}

func folderBytes(ts *testscript.TestScript, folder string) map[string]string {
	files := map[string]string{}
	root := os.DirFS(ts.MkAbs(folder))
	ts.Check(fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			files[name], err = os.Readlink(filepath.Join(ts.MkAbs(folder), name))
			return err
		}
		content, err := fs.ReadFile(root, name)
		files[name] = string(content)
		return err
	}))
	return files
}

func scriptHold(ts *testscript.TestScript, _ bool, args []string) {
	unlock, err := ledger.Lock(context.Background(), disk.Disk{}, ts.MkAbs(args[0]), 0)
	ts.Check(err)
	ts.Defer(func() { ts.Check(unlock()) })
}

func scriptProtect(ts *testscript.TestScript, _ bool, args []string) {
	lock := xlsxtest.Lock{Spins: 100_000}
	rewrite(ts, args[0], func(b []byte) []byte { return lock.Protect(b, args[1]) })
}

func scriptFlip(ts *testscript.TestScript, _ bool, args []string) {
	rewrite(ts, args[0], func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
}

// scriptKey makes a key of a person.
func scriptKey(ts *testscript.TestScript, _ bool, args []string) {
	public, private, err := ed25519.GenerateKey(nil)
	ts.Check(err)
	block, err := ssh.MarshalPrivateKey(private, args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(block), 0o600))
	key, err := ssh.NewPublicKey(public)
	ts.Check(err)
	file, err := os.OpenFile(ts.MkAbs(args[0]+".allowed"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = fmt.Fprintf(file, "%s %s", args[1], ssh.MarshalAuthorizedKey(key))
	ts.Check(err)
	ts.Check(file.Close())
}

func scriptForge(ts *testscript.TestScript, _ bool, args []string) {
	folder, name := args[0], args[1]
	if !strings.Contains(ts.ReadFile(folder+"/"+name), args[2]) {
		ts.Fatalf("%s/%s does not hold %q", folder, name, args[2])
	}
	var forged ledger.File
	rewrite(ts, folder+"/"+name, func(b []byte) []byte {
		b = bytes.Replace(b, []byte(args[2]), []byte(args[3]), 1)
		sum := sha256.Sum256(b)
		forged = ledger.File{Name: name, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(b))}
		return b
	})
	rewrite(ts, folder+"/manifest.json", func(b []byte) []byte {
		var m ledger.Manifest
		ts.Check(json.Unmarshal(b, &m))
		m.Outputs[slices.IndexFunc(m.Outputs, func(f ledger.File) bool { return f.Name == name })] = forged
		var out bytes.Buffer
		ts.Check(m.Encode(&out))
		return out.Bytes()
	})
}

func rewrite(ts *testscript.TestScript, name string, change func([]byte) []byte) {
	b, err := os.ReadFile(ts.MkAbs(name))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(name), change(b), 0o640))
}
