package ledger

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// ActorKind says how it is known who an actor is.
type ActorKind string

// The kinds.
const (
	User    ActorKind = "user"    // of the operating system, on the command line
	Account ActorKind = "account" // of the console
	Service ActorKind = "service" // the scheduler, by the user that it runs as
	Named   ActorKind = "named"   // in the terms, as who waived or resolved something
)

// Actor is who did something, as the system knows it: never a text that could be chosen.
// Only a [Named] one is a text, which can keep a person from approving and never lets one.
type Actor struct {
	Kind ActorKind `json:"kind"`
	Name string    `json:"name"`
}

// Check is an error for an actor that could not be distinguished from others.
func (a Actor) Check() error {
	if !slices.Contains([]ActorKind{User, Account, Service, Named}, a.Kind) || strings.TrimSpace(a.Name) == "" ||
		strings.ContainsFunc(a.Name, unicode.IsControl) {
		return fmt.Errorf("it is not known who does this: %q is no actor", string(a.Kind)+" "+a.Name)
	}
	return nil
}

// Is reports whether two actors are one person, as far as their names say. Of one name two
// kinds are taken for the same person, as an account of the console is often named like the
// user: that can refuse an approval, and never lets one pass.
func (a Actor) Is(other Actor) bool {
	return strings.EqualFold(strings.TrimSpace(a.Name), strings.TrimSpace(other.Name))
}

// String is the name, and the kind where it is not that of the command line.
func (a Actor) String() string {
	if a.Kind == User || a == (Actor{}) {
		return a.Name
	}
	return fmt.Sprintf("%s (%s)", a.Name, a.Kind)
}

// Act is how a maker had a hand in a run.
type Act string

// The acts.
const (
	Began    Act = "started"   // the run
	Filed    Act = "file"      // put a report into the inbox: the owner of the file
	Wrote    Act = "terms"     // the owner of offer.yaml
	Waived   Act = "waived"    // named with a waiver
	Resolved Act = "resolved"  // named with a resolution
	Proposed Act = "submitted" // the run for approval
)

// Maker is one who had a hand in what a run is made of. None approves the run.
type Maker struct {
	Actor
	Did Act    `json:"did"`
	Of  string `json:"of,omitempty"` // of what, such as a file and its digest
}

// actorOf is who an entry is of. Entries of version 0.1 have it as a text only.
func (e Entry) actorOf() []Actor {
	if e.Actor != (Actor{}) {
		return []Actor{e.Actor}
	}
	name, asked, sudo := strings.Cut(e.By, ", for ")
	name, _, _ = strings.Cut(name, " pid ")
	name, _, _ = strings.Cut(name, "@")
	all := []Actor{{User, asked}, {User, name}}
	if !sudo {
		all = all[1:]
	}
	return slices.DeleteFunc(all, func(a Actor) bool { return a.Name == "" })
}

// MakersOf are those who had a hand in what an entry is about: who did it, and the makers of
// the run that it speaks of. An approval, a return, a release and a pause make nothing.
func (e Entry) MakersOf() []Maker {
	var all []Maker
	did := Began
	switch e.Event {
	case Approved, Returned, Released, Withdrawn, Missed, Paused, Resumed, Quarantined, Unreached, Sending, Delivered,
		Undelivered, Pruned, Cleared:
		return nil
	case Prepared:
		return slices.Clone(e.Makers)
	case Submitted:
		did = Proposed
	}
	for _, a := range e.actorOf() {
		all = append(all, Maker{Actor: a, Did: did, Of: e.Run})
	}
	return append(all, e.Makers...)
}
