package pipeline

import (
	"context"
	"strings"
	"testing"
)

// A trigger that is not known is not taken for the scheduler's.
func TestM6AnUnknownTriggerMakesNoRun(t *testing.T) {
	_, err := Run(context.Background(), Request{Folder: t.TempDir(), Trigger: "moon"})
	if err == nil || !strings.Contains(err.Error(), `"moon"`) {
		t.Errorf("a run made by the moon: %v", err)
	}
}

// A window that is not known, in a run that was published before, is not taken for
// the late one: the tender would be bought again.
func TestM6AnUnknownWindowOfAnEarlierRunIsAnError(t *testing.T) {
	const csv = "instruction,depositary,participant,series,window,tendered,accepted,total\n7,DTC,901,A,Early,1000,1000,1000\n"
	if _, err := readPositions(strings.NewReader(csv)); err == nil || !strings.Contains(err.Error(), `"Early"`) {
		t.Errorf("window Early: %v", err)
	}
	if _, err := readPositions(strings.NewReader(strings.Replace(csv, "Early", "early", 1))); err != nil {
		t.Errorf("window early: %v", err)
	}
}
