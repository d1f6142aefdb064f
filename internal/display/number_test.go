package display

import "testing"

func TestASignIsNoDigit(t *testing.T) {
	for digits, want := range map[string]string{"+200500": "+200,500", "-200500": "-200,500", "200500.50": "200,500.50",
		"+1200500": "+1,200,500", "12": "12", "": ""} {
		if got := Thousands(digits); got != want {
			t.Errorf("%s: %s, want %s", digits, got, want)
		}
	}
}
