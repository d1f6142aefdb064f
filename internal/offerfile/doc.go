// Package offerfile reads offer.yaml: the terms of an offer and their amendments. [ParseTerms]
// checks all of it and lists every fault with its line; [Terms.AsOf] gives the terms in
// force at an instant, with the digest that identifies them. docs/offer.md has each key.
package offerfile
