package main

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/settings"
)

// TestTheSettingsOfThePackageAreRead reads them as they are installed, which sets
// nothing, and with every part taken into use.
func TestTheSettingsOfThePackageAreRead(t *testing.T) {
	content := packaged(t, "batch.yaml")
	got, err := settings.Parse("batch.yaml", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	if want := settings.Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("as installed: %+v, want the defaults", got)
	}
	used := regexp.MustCompile(`(?m)^#([a-z]|  [a-z])`).ReplaceAllString(content, "$1")
	got, err = settings.Parse("batch.yaml", []byte(used))
	if err != nil {
		t.Fatal(err)
	}
	if got.Mail.Server == "" || got.Ping.IsZero() || got.Webhook.IsZero() || got.Metrics.Listen == "" {
		t.Errorf("with every part in use: %+v", got)
	}
	if len(got.Intake.Channels) == 0 || len(got.Deliveries) == 0 || got.PGP.KeyFile == "" || got.Console.Listen == "" {
		t.Errorf("with every part in use: %+v", got)
	}
	for _, name := range []string{got.Ping.URLEnv, got.Mail.PasswordEnv, got.PGP.PassphraseEnv} {
		if !strings.Contains(packaged(t, "environment"), "#"+name+"=\n") {
			t.Errorf("the file of passwords does not show %s", name)
		}
	}
}

// TestAUnitStopsLaterThanARunMayTake keeps systemd from killing a run that the
// service still lets finish.
func TestAUnitStopsLaterThanARunMayTake(t *testing.T) {
	for _, unit := range []string{"batch-serve.service", "batch-run@.service"} {
		stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)min$`).FindStringSubmatch(packaged(t, "systemd/"+unit))
		if stop == nil {
			t.Fatalf("%s: no TimeoutStopSec in minutes", unit)
		}
		limit, err := time.ParseDuration(stop[1] + "m")
		if err != nil {
			t.Fatal(err)
		}
		if grace := settings.Default().Serve.Grace; limit < 2*grace {
			t.Errorf("%s stops after %s; a run has %s", unit, limit, grace)
		}
	}
}

// TestThePagesOfThePackageLinkToEachOther keeps a page that is installed from leading to one that is not.
func TestThePagesOfThePackageLinkToEachOther(t *testing.T) {
	list := regexp.MustCompile(`(?m)^for page in (.*); do$`).FindStringSubmatch(packaged(t, "build-packages.sh"))
	if list == nil {
		t.Fatal("build-packages.sh names no pages")
	}
	pages := strings.Fields(list[1])
	for _, page := range pages {
		content, err := os.ReadFile("../../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([a-z]+)\.md`).FindAllStringSubmatch(string(content), -1) {
			if !slices.Contains(pages, link[1]) {
				t.Errorf("%s.md leads to %s.md, which is not installed", page, link[1])
			}
		}
	}
}

func packaged(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("../../packaging/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
