package offerfolder

import (
	"fmt"
	"io/fs"
	"os/user"
	"strconv"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/tender"
)

// UserName is the name of a user of the system by number, or the number where the system
// knows no name. It is never taken from the environment.
func UserName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %d", uid)
}

// OwnerOf is the user to whom a file belongs, "" if the system does not say.
func OwnerOf(info fs.FileInfo) string {
	if owner, known := disk.Owner(info); known {
		return UserName(owner)
	}
	return ""
}

// Makers are those who had a hand in what was read: to whom the terms and the depositaries'
// files belong, and whom the terms name with a waiver or a resolution. owner names the owner of
// a file; nil: as the system does.
func (s *Source) Makers(o *tender.Offer, owner func(fs.FileInfo) string) (all []ledger.Maker) {
	if owner == nil {
		owner = OwnerOf
	}
	add := func(kind ledger.ActorKind, name string, did ledger.Act, of string) {
		if m := (ledger.Maker{Actor: ledger.Actor{Kind: kind, Name: name}, Did: did, Of: of}); m.Check() == nil {
			all = append(all, m)
		}
	}
	for i := range s.Pieces[:s.Own] {
		p := &s.Pieces[i]
		for _, f := range s.watching {
			if f.name != p.Of {
				continue
			}
			did := ledger.Filed
			if p.Of == OfferName {
				did = ledger.Wrote
			}
			add(ledger.User, owner(f.info), did, p.Of+" "+p.Kept().SHA256)
			break
		}
	}
	for _, w := range o.Waivers {
		add(ledger.Named, w.By, ledger.Waived, fmt.Sprintf("%s %s %s, on %s", w.Depositary, w.Instruction, w.Rule, w.On))
	}
	for _, r := range o.Resolutions {
		add(ledger.Named, r.By, ledger.Resolved, fmt.Sprintf("%s %s %s %s, on %s", r.Depositary, r.Instruction, r.File, r.Rule,
			r.On))
	}
	return all
}
