//go:build race

package xlsx

// trials scales the number of repetitions down where the race detector makes each ten times slower.
func trials(n int) int { return n / 8 }
