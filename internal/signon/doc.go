// Package signon knows people by an identity provider, with OpenID Connect: the authorization
// code flow with PKCE (RFC 7636), a state that ties the answer to the browser that asked, and a
// nonce that ties the token to the question.
//
// A person is the issuer and the subject of the token. Names and addresses can change hands at a
// provider; they are for the pages only. What a person may do follows from a claim at each login.
// The package knows no session and no page.
package signon
