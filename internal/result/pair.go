package result

// Pair is what the two runs say of one thing; nil where a run does not have it.
type Pair[T any] struct{ Was, Now *T }

// Either is what the second run says, or else the first.
func (p Pair[T]) Either() *T {
	if p.Now != nil {
		return p.Now
	}
	return p.Was
}

// Word says what became of the thing in the second run.
func (p Pair[T]) Word() string {
	switch {
	case p.Was == nil:
		return "new"
	case p.Now == nil:
		return "removed"
	}
	return "changed"
}

// PairUp sets what two runs list side by side. Elements with the same first key
// belong together, in their order; then, of those that are left, those with the
// same second key; and so on. The order is that of the second run, followed by
// what only the first has.
func PairUp[T any](was, now []T, keys ...func(T) string) []Pair[T] {
	partner, taken := make([]*T, len(now)), make([]bool, len(was))
	for _, key := range keys {
		free := make(map[string][]int)
		for i := range was {
			if !taken[i] {
				free[key(was[i])] = append(free[key(was[i])], i)
			}
		}
		for i := range now {
			if left := free[key(now[i])]; partner[i] == nil && len(left) > 0 {
				partner[i], taken[left[0]] = &was[left[0]], true
				free[key(now[i])] = left[1:]
			}
		}
	}
	all := make([]Pair[T], 0, len(now))
	for i := range now {
		all = append(all, Pair[T]{Was: partner[i], Now: &now[i]})
	}
	for i := range was {
		if !taken[i] {
			all = append(all, Pair[T]{Was: &was[i]})
		}
	}
	return all
}
