// Package docs carries the page that a user of the installed program needs
// beside an offer, and the schemas by which an editor completes its files.
package docs

import _ "embed"

// Offer is docs/offer.md, which explains every key of an offer.yaml.
//
//go:embed offer.md
var Offer []byte

// OfferSchema is the JSON Schema of an offer.yaml.
//
//go:embed schemas/offer.schema.json
var OfferSchema []byte

// SettingsSchema is the JSON Schema of a batch.yaml.
//
//go:embed schemas/batch.schema.json
var SettingsSchema []byte
