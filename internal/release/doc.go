// Package release takes a published run from computed to released: submitted by its preparer,
// approved by people who had no hand in it, released; or returned, or withdrawn. Where the terms
// of the offer demand it, money is wired only on a run that was released.
//
// The rules are here and in the history, and nowhere else: the command line and whatever else
// shows a run call these functions, and what they may not do is refused here.
//
//   - A maker approves nothing. A maker of a run is everybody who touched what it is made of
//     since the run in force: began a run, put a file into the inbox, wrote the terms, waived or
//     resolved a finding, or submitted it; whatever they are called or allowed elsewhere.
//   - Two approvals are by two people.
//   - What is approved is the digest of the run's manifest, and so every byte of its folder. Only
//     the newest run can be approved or released, and only if a run made now would be the same.
//   - A newer run, a return and a withdrawal end what was approved: it is submitted again, and
//     every approval is given again.
//
// Every step is an entry of the history, made with the lock of the offer's runs held, so that no
// run and no other step comes between what was checked and what was noted. [Verify] checks the
// same rules of a history that is there.
package release
