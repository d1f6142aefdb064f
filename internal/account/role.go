package account

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what a person may do in the console.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"   // sees figures; participants and holders under pseudonyms: the issuer
	Preparer Role = "preparer" // sees all; files, findings, runs, and submits
	Approver Role = "approver" // sees all; approves or returns what another person prepared
	Admin    Role = "admin"    // accounts only
)

// Roles are all roles, from the one that may least.
var Roles = []Role{Viewer, Preparer, Approver, Admin}

// Grant is a role for one offer.
type Grant struct {
	Role  Role   `json:"role"`
	Offer string `json:"offer,omitempty"` // its folder's name; "" for all offers
}

// String is the role, and of which offer.
func (g Grant) String() string {
	if g.Offer == "" {
		return string(g.Role)
	}
	return string(g.Role) + ":" + g.Offer
}

// ParseGrant reads a role, such as approver, or a role for one offer, such as
// approver:level3-2004. The error says what to write.
func ParseGrant(text string) (Grant, error) {
	role, offer, one := strings.Cut(text, ":")
	g := Grant{Role: Role(role), Offer: offer}
	switch {
	case !slices.Contains(Roles, g.Role):
		return Grant{}, fmt.Errorf("%q is no role; write viewer, preparer, approver or admin, for one offer with its folder, "+
			"such as approver:level3-2004", text)
	case one && strings.TrimSpace(offer) == "":
		return Grant{}, fmt.Errorf("%q names no offer; write the folder's name after the colon", text)
	case one && g.Role == Admin:
		return Grant{}, fmt.Errorf("%q: an admin looks after accounts, which belong to no offer; write admin", text)
	}
	return g, nil
}

// Act is something that a role lets a person do.
type Act string

// The acts.
const (
	See        Act = "see"        // figures of an offer
	SeeNames   Act = "see names"  // participants and holders, too
	Prepare    Act = "prepare"    // files, findings, terms, runs, submit
	Approve    Act = "approve"    // or return
	Administer Act = "administer" // accounts
)

// lets is what each role lets a person do.
var lets = map[Role][]Act{
	Viewer: {See}, Preparer: {See, SeeNames, Prepare}, Approver: {See, SeeNames, Approve}, Admin: {Administer},
}

// May reports whether the account may do something to an offer; of [Administer] the offer does
// not matter, and "" asks whether it may for any offer at all.
func (a *Account) May(act Act, offer string) bool {
	return !a.Disabled && slices.ContainsFunc(a.Grants, func(g Grant) bool {
		return slices.Contains(lets[g.Role], act) && (g.Offer == "" || offer == "" || g.Offer == offer)
	})
}
