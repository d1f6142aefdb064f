// Package console shows offers in a browser, to people without a shell: what needs them today,
// what a run came to, whom to pay, and what waits for their approval. It decides nothing about
// money: each page calls the function that the command line calls, with the account as the actor.
//
//   - The table in routes.go says for each address what the account must be allowed to do. A
//     request of a person who may not is refused there, whatever a page shows.
//   - What a viewer sees is masked where it is read (mask.go), not in the pages.
//   - Pages work without script; htmx only saves loading the whole page again. No page has a
//     script or a style of its own, and none asks another host for anything.
//   - A run is shown once all its files are what was published; that is found once, and again
//     when a file changes (published.go).
package console
