package console

import (
	"cmp"
	"net/http"

	"tenderbatch/internal/account"
)

// route is an address of the console.
type route struct {
	pattern string      // as [http.ServeMux] has it; {offer} is the name of an offer's folder
	act     account.Act // what the account must be allowed to do; "" for anybody who is logged in
	open    bool        // also for those who are not logged in
	oneTime bool        // also with a password for one use
	most    int64       // bytes of a request; 0 for [formBytes]
	handle  http.HandlerFunc
}

// routes are all addresses and what each needs. What is not here is not there.
func (c *Console) routes() []route {
	return []route{
		{pattern: "GET /login", open: true, handle: c.loginPage},
		{pattern: "POST /login", open: true, handle: c.login},
		{pattern: "GET /login/provider", open: true, handle: c.signOn},
		{pattern: "GET " + signOnPath, open: true, handle: c.signedOn},
		{pattern: "POST /logout", oneTime: true, handle: c.logout},
		{pattern: "GET /me", oneTime: true, handle: c.mePage},
		{pattern: "POST /me/password", oneTime: true, handle: c.changePassword},
		{pattern: "POST /me/second", handle: c.changeSecond},
		{pattern: "POST /me/sessions", handle: c.endOwnSessions},

		{pattern: "GET /{$}", handle: c.offersPage},
		{pattern: "GET /offers/{offer}", act: account.See, handle: c.offerPage},
		{pattern: "GET /offers/{offer}/runs/{run}", act: account.See, handle: c.runPage},
		{pattern: "GET /offers/{offer}/runs/{run}/instructions", act: account.See, handle: c.instructionsPage},
		{pattern: "GET /offers/{offer}/runs/{run}/payments", act: account.See, handle: c.paymentsPage},
		{pattern: "GET /offers/{offer}/runs/{run}/findings", act: account.See, handle: c.findingsPage},
		{pattern: "GET /offers/{offer}/runs/{run}/letter", act: account.SeeNames, handle: c.letter},
		{pattern: "GET /offers/{offer}/runs/{run}/explain", act: account.SeeNames, handle: c.explainPage},
		{pattern: "GET /offers/{offer}/compare", act: account.SeeNames, handle: c.comparePage},
		{pattern: "GET /offers/{offer}/runs/{run}/files/{file}", act: account.See, handle: c.download},
		{pattern: "GET /offers/{offer}/whatif", act: account.See, handle: c.whatIfPage},
		{pattern: "GET /offers/{offer}/whatif/workbook", act: account.See, handle: c.whatIfWorkbook},
		{pattern: "GET /offers/{offer}/history", act: account.See, handle: c.historyPage},

		{pattern: "POST /offers/{offer}/decide", act: account.Prepare, handle: c.decide},
		{pattern: "GET /offers/{offer}/files", act: account.SeeNames, handle: c.filesPage},
		{pattern: "POST /offers/{offer}/files", act: account.Prepare, most: mostUpload, handle: c.upload},
		{pattern: "GET /offers/{offer}/files/{staged}", act: account.Prepare, handle: c.stagedPage},
		{pattern: "POST /offers/{offer}/files/{staged}", act: account.Prepare, handle: c.acceptOrDiscard},
		{pattern: "GET /offers/{offer}/terms", act: account.SeeNames, handle: c.termsPage},
		{pattern: "POST /offers/{offer}/terms", act: account.Prepare, handle: c.amend},

		{pattern: "GET /approve", handle: c.approvePage},
		{pattern: "GET /offers/{offer}/runs/{run}/approval", act: account.See, handle: c.runApprovalPage},
		{pattern: "GET /offers/{offer}/runs/{run}/statement", act: account.Approve, handle: c.statement},
		{pattern: "POST /offers/{offer}/runs/{run}/submit", act: account.Prepare,
			handle: c.stepWith(submitRun, "The run is submitted for approval.")},
		{pattern: "POST /offers/{offer}/runs/{run}/withdraw", act: account.Prepare,
			handle: c.stepWith(withdrawRun, "The run is withdrawn.")},
		{pattern: "POST /offers/{offer}/runs/{run}/approve", act: account.Approve,
			handle: c.stepWith(approveRun, "The run is approved.")},
		{pattern: "POST /offers/{offer}/runs/{run}/return", act: account.Approve,
			handle: c.stepWith(returnRun, "The run is returned to its preparer.")},
		{pattern: "POST /offers/{offer}/runs/{run}/release", act: account.SeeNames,
			handle: c.stepWith(releaseRun, "The run is released: it is in force, and its wires can be sent.")},
		{pattern: "GET /schedule", handle: c.schedulePage},
		{pattern: "GET /schedule/live", handle: c.live},
		{pattern: "POST /offers/{offer}/run", act: account.Prepare, handle: c.runNow},
		{pattern: "POST /offers/{offer}/pause", act: account.Prepare, handle: c.pauseOrResume},

		{pattern: "GET /people", act: account.Administer, handle: c.peoplePage},
		{pattern: "POST /people", act: account.Administer, handle: c.addPerson},
		{pattern: "POST /people/{name}", act: account.Administer, handle: c.changePerson},
	}
}

// allowed calls the handler of a route for those who may, and for a password that was used once
// only the page on which it is changed.
func (c *Console) allowed(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(rt.most, formBytes))
		a := me(r)
		switch {
		case rt.open:
			rt.handle(w, r)
		case a == nil && r.Method == http.MethodGet:
			c.sessions.Put(r.Context(), keyBefore, r.URL.RequestURI())
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case a == nil:
			c.ended(w, r)
		case a.OneTime && !rt.oneTime:
			http.Redirect(w, r, "/me", http.StatusSeeOther)
		case rt.act != "" && !a.May(rt.act, r.PathValue("offer")):
			c.refused(w, r, http.StatusForbidden, "Your account may not do this. An administrator can change its roles.")
		default:
			c.answer(rt, w, r)
		}
	})
}
