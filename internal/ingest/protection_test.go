package ingest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx/xlsxtest"
)

const testPassword = "s3cret, really"

// readProtected reads one file of the depositary with a password.
func readProtected(t *testing.T, d tender.Depositary, name string, content []byte, password string) (*Intake, error) {
	t.Helper()
	o := testOffer(t)
	d.Files, d.Zone = o.Depositaries[0].Files, o.Zone
	o.Depositaries[0] = d
	return Read(o, []inbox.Chosen{{Depositary: d, Password: password, File: inbox.File{Name: name, Content: content}}})
}

var dtc = tender.Depositary{Name: "DTC", PasswordEnv: "DTC_PASSWORD"}

func TestProtectedReports(t *testing.T) {
	plain := workbook(t, testRows, nil)
	agile := xlsxtest.Lock{}.Protect(plain, testPassword)
	byExcelize, err := excelize.Encrypt(plain, &excelize.Options{Password: testPassword})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		file    string
		content []byte
		note    string
	}{
		{"agile", "dtc-1.xlsx", agile, "the workbook is protected; the password in DTC_PASSWORD opened it, and its " +
			"checksum agrees"},
		{"standard", "dtc-1.xlsx", byExcelize, "the protection of Excel 2007"},
		{"under the name of a CSV file", "dtc-1.csv", agile, "opened it"},
		{"not protected", "dtc-1.xlsx", plain,
			"the file is not protected; the password in DTC_PASSWORD was not needed"},
		{"a CSV file", "dtc-1.csv", []byte(testCSV), "not protected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			intake, err := readProtected(t, dtc, c.file, c.content, testPassword)
			if err != nil {
				t.Fatal(err)
			}
			if notes := strings.Join(intake.Reports[0].Notes, "\n"); intake.Count() == 0 ||
				!strings.Contains(notes, c.note) {
				t.Errorf("%d instructions, notes %q", intake.Count(), notes)
			}
			if shown := fmt.Sprintf("%+v", intake); strings.Contains(shown, testPassword) {
				t.Errorf("the password is in %s", shown)
			}
		})
	}
}

// Each way in which a protected file stays shut is a fault of its own, says what to
// do and does not show the password.
func TestProtectedReportsRefused(t *testing.T) {
	plain := workbook(t, testRows, nil)
	sound := xlsxtest.Lock{}.Protect(plain, testPassword)
	changed := xlsxtest.Lock{Package: func(b []byte) []byte { b[len(b)/2] ^= 1; return b }}.Protect(plain, testPassword)
	spun := xlsxtest.Lock{Info: func(b []byte) []byte {
		return []byte(strings.Replace(string(b), `spinCount="0"`, `spinCount="2000000"`, 1))
	}}.Protect(plain, testPassword)
	for _, c := range []struct {
		name       string
		depositary tender.Depositary
		content    []byte
		password   string
		rule, says string
	}{
		{"no variable in the offer", tender.Depositary{Name: "DTC"}, sound, "", tender.RuleProtected,
			"in the offer at depositary DTC, such as password_env: DEPOSITARY_PASSWORD"},
		{"the variable is not set", dtc, sound, "", tender.RuleProtected,
			"DTC_PASSWORD, which should hold it, is empty or not set"},
		{"a wrong password", dtc, sound, testPassword + " ", tender.RulePassword,
			"the password in DTC_PASSWORD does not open the workbook"},
		{"a changed file", dtc, changed, testPassword, tender.RuleTampered, "do not use the file; ask depositary DTC"},
		{"a changed file and a wrong password", dtc, changed, "other, really", tender.RulePassword, "does not open"},
		{"a file that would keep us busy", dtc, spun, testPassword, tender.RuleFile,
			"2000000 times; the limit is 1000000"},
		{"a file cut off", dtc, sound[:4096], testPassword, tender.RuleFile, "cut off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readProtected(t, c.depositary, "dtc-1.xlsx", c.content, c.password)
			var e *tender.FileError
			if !errors.As(err, &e) || len(e.Faults) != 1 {
				t.Fatalf("%v", err)
			}
			f := e.Faults[0]
			if f.Rule != c.rule || !strings.Contains(f.String(), c.says) || f.File != "dtc-1.xlsx" || f.Advice == "" {
				t.Errorf("%s", f)
			}
			if c.password != "" && strings.Contains(fmt.Sprintf("%+v", e), c.password) {
				t.Errorf("%s shows the password", f)
			}
		})
	}
}

func TestChosenKeepsItsPassword(t *testing.T) {
	c := inbox.Chosen{Depositary: dtc, Password: testPassword, File: inbox.File{Name: "dtc-1.xlsx"}}
	for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{c, &c, []inbox.Chosen{c}, inbox.Choice{Chosen: []inbox.Chosen{c}}} {
			if shown := fmt.Sprintf(form, v); strings.Contains(shown, testPassword) {
				t.Errorf("%s shows %s", form, shown)
			}
		}
	}
}
