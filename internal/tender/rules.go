package tender

import "slices"

// The codes of the rules. They are stable: people filter by them, and offers waive and
// resolve by them. docs/rules.md explains each; [Rules] says each in a few words.
const (
	RuleMissingTime   = "R1-missing"
	RuleTime          = "R1-unreadable"
	RuleNoTimeOfDay   = "R1-no-time-of-day"
	RuleAmbiguousDate = "R1-ambiguous-date"
	RuleClockChange   = "R1-clock-change"
	RuleImplausible   = "R1-implausible"

	RuleStatus        = "R2-status"
	RulePending       = "R2-pending"
	RuleRejectedThere = "R2-rejected"

	RuleExpired = "R3-expired"

	RuleContradiction = "R4-contradiction"
	RuleNeverReported = "R4-never-reported"
	RuleVanished      = "R4-vanished"
	RuleWithdrawn     = "R4-withdrawn"
	RuleTooLate       = "R4-too-late"

	RuleMissing           = "R5-missing"
	RuleFormula           = "R5-formula"
	RuleErrorValue        = "R5-error-value"
	RuleStruck            = "R5-struck"
	RuleBeside            = "R5-beside"
	RuleInstruction       = "R5-instruction"
	RuleDuplicate         = "R5-duplicate"
	RuleSecurity          = "R5-security"
	RuleSecurityDigit     = "R5-security-check-digit"
	RuleSecurityUnknown   = "R5-security-unknown"
	RuleSecurityRepaired  = "R5-security-repaired"
	RulePrincipal         = "R5-principal"
	RulePrincipalPositive = "R5-principal-positive"
	RuleMinorUnit         = "R5-minor-unit"
	RuleMultiple          = "R5-multiple"
	RuleMinimum           = "R5-minimum"
	RuleCurrency          = "R5-currency"
	RuleParticipant       = "R5-participant"
	RuleDelivery          = "R5-delivery"
	RuleBid               = "R5-bid"
	RuleBidRange          = "R5-bid-range"
	RuleBidIncrement      = "R5-bid-increment"
	RuleBidMissing        = "R5-bid-missing"
	RuleReports           = "R5-reports-differ"
	RuleAmended           = "R5-amended"

	RuleIdentifier  = "R6-identifier"
	RuleInbox       = "R6-inbox"
	RuleName        = "R6-name"
	RuleUnsettled   = "R6-unsettled"
	RuleFile        = "R6-file"
	RuleProtected   = "R6-protected"
	RulePassword    = "R6-password"
	RuleTampered    = "R6-tampered"
	RuleCSV         = "R6-csv"
	RuleSheet       = "R6-sheet"
	RuleColumn      = "R6-column"
	RuleMerged      = "R6-merged"
	RuleHidden      = "R6-hidden-column"
	RuleScale       = "R6-scale"
	RuleZone        = "R6-zone"
	RuleDecimal     = "R6-decimal"
	RuleUnread      = "R6-unread-column"
	RuleLastReport  = "R6-last-report"
	RuleRowLimit    = "R6-row-limit"
	RuleDigits      = "R6-digits"
	RuleLate        = "R6-late"
	RuleNoStatus    = "R6-no-status"
	RuleTotal       = "R6-total"
	RuleAfterTotal  = "R6-after-total"
	RuleLines       = "R6-lines"
	RuleOutstanding = "R6-outstanding"
	RuleSettled     = "R6-settled"
	RuleRejectLimit = "R6-reject-limit"

	RuleNotOffered = "R15-not-offered"
	RuleNotCovered = "R15-not-covered"
)

// Rule is one thing that is checked.
type Rule struct {
	Code     string
	Meaning  string
	Waivable bool // the offer's waivers may let a line count that breaks it
	Settled  bool // the depositary or the terms decide, so no finding of it is ever open
}

// Rules lists every rule by code: what a report, an inbox or a run can break.
func Rules() []Rule {
	return []Rule{
		{Code: RuleMissingTime, Meaning: "the time of receipt is blank"},
		{Code: RuleTime, Meaning: "the cell is no time that can be read"},
		{Code: RuleNoTimeOfDay, Meaning: "a date without a time of day"},
		{Code: RuleAmbiguousDate, Meaning: "day and month could be exchanged"},
		{Code: RuleClockChange, Meaning: "a wall time that the clocks skip or repeat"},
		{Code: RuleImplausible, Meaning: "a time outside the offer"},
		{Code: RuleStatus, Meaning: "an unknown status code"},
		{Code: RulePending, Meaning: "a pending instruction does not count", Settled: true},
		{Code: RuleRejectedThere, Meaning: "rejected by the depositary", Settled: true},
		{Code: RuleExpired, Meaning: "received after the expiration"},
		{Code: RuleContradiction, Meaning: "status and withdrawal time contradict each other"},
		{Code: RuleNeverReported, Meaning: "an incremental report withdraws an instruction that no earlier one has"},
		{Code: RuleVanished, Meaning: "a later report of the depositary leaves the instruction out"},
		{Code: RuleWithdrawn, Meaning: "withdrawn in time", Settled: true},
		{Code: RuleTooLate, Meaning: "withdrawn after the withdrawal deadline", Settled: true},
		{Code: RuleMissing, Meaning: "a needed cell is blank"},
		{Code: RuleFormula, Meaning: "a formula where a value is needed"},
		{Code: RuleErrorValue, Meaning: "an error value such as #N/A, or TRUE or FALSE"},
		{Code: RuleStruck, Meaning: "struck through", Waivable: true},
		{Code: RuleBeside, Meaning: "a cell beside the row says that the tender was withdrawn", Waivable: true},
		{Code: RuleInstruction, Meaning: "an unreadable instruction number"},
		{Code: RuleDuplicate, Meaning: "one instruction number on several lines"},
		{Code: RuleSecurity, Meaning: "the cell is no CUSIP or ISIN"},
		{Code: RuleSecurityDigit, Meaning: "the check digit is wrong"},
		{Code: RuleSecurityUnknown, Meaning: "the security is not in the offer"},
		{Code: RuleSecurityRepaired, Meaning: "a CUSIP that a spreadsheet changed was restored"},
		{Code: RulePrincipal, Meaning: "an unreadable amount"},
		{Code: RulePrincipalPositive, Meaning: "a principal of zero or less"},
		{Code: RuleMinorUnit, Meaning: "more decimals than the currency has"},
		{Code: RuleMultiple, Meaning: "not a multiple of the denomination", Waivable: true},
		{Code: RuleMinimum, Meaning: "below the minimum denomination", Waivable: true},
		{Code: RuleCurrency, Meaning: "not the currency of the series"},
		{Code: RuleParticipant, Meaning: "an unreadable participant number"},
		{Code: RuleDelivery, Meaning: "an unknown delivery"},
		{Code: RuleBid, Meaning: "an unreadable bid, or one for a series that is in no auction"},
		{Code: RuleBidRange, Meaning: "a bid outside the range of the auction"},
		{Code: RuleBidIncrement, Meaning: "a bid that is not on an increment of the auction"},
		{Code: RuleBidMissing, Meaning: "no bid, where the auction needs one"},
		{Code: RuleReports, Meaning: "two incremental reports contradict each other on an instruction"},
		{Code: RuleAmended, Meaning: "a later report of the depositary has another amount, series or participant"},
		{Code: RuleIdentifier, Meaning: "two identifiers of a depositary that look the same and are written differently"},
		{Code: RuleInbox, Meaning: "no report of a depositary in the inbox"},
		{Code: RuleName, Meaning: "a file name that does not say which report it is"},
		{Code: RuleUnsettled, Meaning: "a file that is still being written, or open in a spreadsheet program"},
		{Code: RuleFile, Meaning: "a file that cannot be read"},
		{Code: RuleProtected, Meaning: "a protected workbook, and no password"},
		{Code: RulePassword, Meaning: "a password that does not open the workbook"},
		{Code: RuleTampered, Meaning: "a protected workbook that was changed"},
		{Code: RuleCSV, Meaning: "a damaged CSV file"},
		{Code: RuleSheet, Meaning: "it is not clear which sheet holds the tenders"},
		{Code: RuleColumn, Meaning: "a column is missing or there twice"},
		{Code: RuleMerged, Meaning: "cells of several rows merged among the instructions"},
		{Code: RuleHidden, Meaning: "a column that decides is hidden"},
		{Code: RuleScale, Meaning: "a heading says that amounts are thousands or millions"},
		{Code: RuleZone, Meaning: "a heading of times names another zone than the one they are read in"},
		{Code: RuleDecimal, Meaning: "commas before decimals and before thousands in one column of amounts"},
		{Code: RuleUnread, Meaning: "a column that may decide how tenders count is not read"},
		{Code: RuleLastReport, Meaning: "a report that may not be a depositary's last, by its name or its rows"},
		{Code: RuleRowLimit, Meaning: "a report that ends exactly where spreadsheet programs cut what is longer"},
		{Code: RuleDigits, Meaning: "a column of long numbers that a spreadsheet rounded"},
		{Code: RuleLate, Meaning: "no report of a depositary by the time at which the terms expect one"},
		{Code: RuleNoStatus, Meaning: "a report without a status column, in a final run"},
		{Code: RuleTotal, Meaning: "the totals row disagrees with the rows"},
		{Code: RuleAfterTotal, Meaning: "instructions below the totals row"},
		{Code: RuleLines, Meaning: "too many lines are rejected for this to be a report on the offer"},
		{Code: RuleOutstanding, Meaning: "a series tendered above its outstanding amount"},
		{Code: RuleSettled, Meaning: "a report or the terms contradict what was settled"},
		{Code: RuleRejectLimit, Meaning: "too many rows of a depositary or a series are rejected"},
		{Code: RuleNotOffered, Meaning: "guaranteed delivery, which the offer does not provide for"},
		{Code: RuleNotCovered, Meaning: "notes promised by guaranteed delivery did not come by the deadline", Settled: true},
	}
}

// RuleMeaning says a rule in a few words, "" of a code that is no rule's.
func RuleMeaning(code string) string {
	all := Rules()
	if i := slices.IndexFunc(all, func(r Rule) bool { return r.Code == code }); i >= 0 {
		return all[i].Meaning
	}
	return ""
}
