package termsheet

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/tender"
)

// Differences lists what two sets of terms say differently, at launch and after each amendment, such as
// "caps.Tender Cap.amount: 450000000 → 500000000"; none if they mean the same.
func Differences(was, is *offerfile.Terms) (all []string) {
	at := []time.Time{{}}
	for _, t := range []*offerfile.Terms{was, is} {
		for _, a := range t.Last().Amendments {
			at = append(at, a.Effective)
		}
	}
	for _, when := range at {
		for _, d := range differencesOf(was.AsOf(when), is.AsOf(when)) {
			if !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	return all
}

func differencesOf(was, is *tender.Offer) (all []string) {
	before, now := listed(was), listed(is)
	for _, p := range before.order {
		if v, there := now.values[p]; !there {
			all = append(all, fmt.Sprintf("%s: %s → nothing", p, before.values[p]))
		} else if v != before.values[p] {
			all = append(all, fmt.Sprintf("%s: %s → %s", p, before.values[p], v))
		}
	}
	for _, p := range now.order {
		if _, there := before.values[p]; !there {
			all = append(all, fmt.Sprintf("%s: nothing → %s", p, now.values[p]))
		}
	}
	return all
}

// termList is the values of terms by path.
type termList struct {
	order  []string
	values map[string]string
}

// listed is all that an offer says: its terms, and what no figure depends on.
func listed(o *tender.Offer) termList {
	l := termList{values: map[string]string{}}
	put := func(path, value string) {
		if value != "" {
			l.order, l.values[path] = append(l.order, path), value
		}
	}
	for _, t := range offerfile.ListTerms(o) {
		put(t.Path, t.Text)
	}
	put("schedule", o.Schedule)
	put("catch_up", string(o.CatchUp))
	put("run_after", o.RunAfter.String())
	if o.Release != nil {
		put("release", fmt.Sprintf("%d %s %t", o.Release.Approvals, o.Release.From, o.Release.Signed))
	}
	if !reflect.DeepEqual(o.Retention, tender.Retention{}) {
		put("retention", fmt.Sprint(o.Retention))
	}
	for _, d := range o.Depositaries {
		put("depositaries."+d.Name+".password_env", d.PasswordEnv)
		put("depositaries."+d.Name+".follow_links", fmt.Sprint(d.FollowLinks))
	}
	for i, w := range o.Waivers {
		put(fmt.Sprintf("waivers[%d].note", i), w.Note)
	}
	for i, s := range o.Resolutions {
		put(fmt.Sprintf("resolutions[%d].note", i), s.Note)
	}
	return l
}

// Compare is [Differences] with terms as [Read] made them.
func Compare(was *offerfile.Terms, terms []byte) ([]string, error) {
	is, err := offerfile.ParseTerms("the form", terms)
	if err != nil {
		return nil, err
	}
	return Differences(was, is), nil
}
