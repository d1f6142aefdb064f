// Package docs carries the page that a user of the installed program needs
// beside an offer.
package docs

import _ "embed"

// Offer is docs/offer.md, which explains every key of an offer.yaml.
//
//go:embed offer.md
var Offer []byte
