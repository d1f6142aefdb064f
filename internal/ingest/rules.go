package ingest

// The codes of what can be wrong. They are stable: people filter by them and
// offers waive by them. docs/rules.md explains each.
const (
	ruleMissingTime   = "R1-missing"
	ruleTime          = "R1-unreadable"
	ruleNoTimeOfDay   = "R1-no-time-of-day"
	ruleAmbiguousDate = "R1-ambiguous-date"
	ruleClockChange   = "R1-clock-change"
	ruleImplausible   = "R1-implausible"

	ruleStatus = "R2-status"

	ruleContradiction = "R4-contradiction"

	// RuleVanished is an instruction that a later snapshot left out.
	RuleVanished = "R4-vanished"

	ruleMissing           = "R5-missing"
	ruleFormula           = "R5-formula"
	ruleErrorValue        = "R5-error-value"
	ruleStruck            = "R5-struck"
	ruleBeside            = "R5-beside"
	ruleInstruction       = "R5-instruction"
	ruleDuplicate         = "R5-duplicate"
	ruleSecurity          = "R5-security"
	ruleSecurityDigit     = "R5-security-check-digit"
	ruleSecurityUnknown   = "R5-security-unknown"
	ruleSecurityRepaired  = "R5-security-repaired"
	rulePrincipal         = "R5-principal"
	rulePrincipalPositive = "R5-principal-positive"
	ruleMinorUnit         = "R5-minor-unit"
	ruleMultiple          = "R5-multiple"
	ruleMinimum           = "R5-minimum"
	ruleCurrency          = "R5-currency"
	ruleParticipant       = "R5-participant"
	ruleDelivery          = "R5-delivery"

	ruleReports = "R5-reports-differ"

	// RuleAmended is an instruction that a later snapshot reports differently.
	RuleAmended = "R5-amended"

	// ruleIdentifier is two identifiers of a depositary that look the same.
	ruleIdentifier = "R6-identifier"

	ruleInbox     = "R6-inbox"
	ruleName      = "R6-name"
	ruleUnsettled = "R6-unsettled"
	ruleFile      = "R6-file"
	ruleProtected = "R6-protected"
	rulePassword  = "R6-password"
	ruleTampered  = "R6-tampered"
	ruleCSV       = "R6-csv"
	ruleSheet     = "R6-sheet"
	ruleColumn    = "R6-column"
	ruleMerged    = "R6-merged"
	ruleHidden    = "R6-hidden-column"
	ruleScale     = "R6-scale"
	ruleZone      = "R6-zone"
	ruleDecimal   = "R6-decimal"
	ruleUnread    = "R6-unread-column"

	// RuleLate is a depositary without a report by the time at which the terms expect one.
	RuleLate = "R6-late"

	// RuleNoStatus is a report without a column for the status, and an offer that does
	// not say that there is none.
	RuleNoStatus   = "R6-no-status"
	ruleTotal      = "R6-total"
	ruleAfterTotal = "R6-after-total"
	ruleLines      = "R6-lines"
)

// Rule is one thing that is checked.
type Rule struct {
	Code     string
	Meaning  string
	Waivable bool // the offer's waivers may let a line count that breaks it
}

// Rules lists everything that [Choose] and [Read] check, by code.
func Rules() []Rule {
	return []Rule{
		{Code: ruleMissingTime, Meaning: "the time of receipt is blank"},
		{Code: ruleTime, Meaning: "the cell is no time that can be read"},
		{Code: ruleNoTimeOfDay, Meaning: "a date without a time of day"},
		{Code: ruleAmbiguousDate, Meaning: "day and month could be exchanged"},
		{Code: ruleClockChange, Meaning: "a wall time that the clocks skip or repeat"},
		{Code: ruleImplausible, Meaning: "a time outside the offer"},
		{Code: ruleStatus, Meaning: "an unknown status code"},
		{Code: ruleContradiction, Meaning: "status and withdrawal time contradict each other"},
		{Code: RuleNeverReported, Meaning: "an incremental report withdraws an instruction that no earlier one has"},
		{Code: RuleVanished, Meaning: "a later report of the depositary leaves the instruction out"},
		{Code: ruleMissing, Meaning: "a needed cell is blank"},
		{Code: ruleFormula, Meaning: "a formula where a value is needed"},
		{Code: ruleErrorValue, Meaning: "an error value such as #N/A, or TRUE or FALSE"},
		{Code: ruleStruck, Meaning: "struck through", Waivable: true},
		{Code: ruleBeside, Meaning: "a cell beside the row says that the tender was withdrawn", Waivable: true},
		{Code: ruleInstruction, Meaning: "an unreadable instruction number"},
		{Code: ruleDuplicate, Meaning: "one instruction number on several lines"},
		{Code: ruleSecurity, Meaning: "the cell is no CUSIP or ISIN"},
		{Code: ruleSecurityDigit, Meaning: "the check digit is wrong"},
		{Code: ruleSecurityUnknown, Meaning: "the security is not in the offer"},
		{Code: ruleSecurityRepaired, Meaning: "a CUSIP that a spreadsheet changed was restored"},
		{Code: rulePrincipal, Meaning: "an unreadable amount"},
		{Code: rulePrincipalPositive, Meaning: "a principal of zero or less"},
		{Code: ruleMinorUnit, Meaning: "more decimals than the currency has"},
		{Code: ruleMultiple, Meaning: "not a multiple of the denomination", Waivable: true},
		{Code: ruleMinimum, Meaning: "below the minimum denomination", Waivable: true},
		{Code: ruleCurrency, Meaning: "not the currency of the series"},
		{Code: ruleParticipant, Meaning: "an unreadable participant number"},
		{Code: ruleDelivery, Meaning: "an unknown delivery"},
		{Code: ruleReports, Meaning: "two incremental reports contradict each other on an instruction"},
		{Code: RuleAmended, Meaning: "a later report of the depositary has another amount, series or participant"},
		{Code: ruleIdentifier, Meaning: "two identifiers of a depositary that look the same and are written differently"},
		{Code: ruleInbox, Meaning: "no report of a depositary in the inbox"},
		{Code: ruleName, Meaning: "a file name that does not tell which report it is"},
		{Code: RuleLastReport, Meaning: "a report that may not be a depositary's last, by its name or its rows"},
		{Code: RuleLate, Meaning: "no report of a depositary by the time at which the terms expect one"},
		{Code: ruleUnsettled, Meaning: "a file that is still being written, or open in a spreadsheet program"},
		{Code: ruleFile, Meaning: "a file that cannot be read"},
		{Code: ruleProtected, Meaning: "a protected workbook, and no password"},
		{Code: rulePassword, Meaning: "a password that does not open the workbook"},
		{Code: ruleTampered, Meaning: "a protected workbook that was changed"},
		{Code: ruleCSV, Meaning: "a damaged CSV file"},
		{Code: ruleSheet, Meaning: "it is not clear which sheet holds the tenders"},
		{Code: ruleColumn, Meaning: "a column is missing or there twice"},
		{Code: ruleMerged, Meaning: "cells of several rows merged among the instructions"},
		{Code: ruleHidden, Meaning: "a column that decides is hidden"},
		{Code: ruleScale, Meaning: "a heading says that amounts are thousands or millions"},
		{Code: ruleZone, Meaning: "a heading of times names another zone than the one they are read in"},
		{Code: ruleDecimal, Meaning: "commas before decimals and before thousands in one column of amounts"},
		{Code: RuleRowLimit, Meaning: "a report that ends exactly where spreadsheet programs cut what is longer"},
		{Code: RuleDigits, Meaning: "a column of long numbers that a spreadsheet rounded"},
		{Code: ruleUnread, Meaning: "a column that may decide how tenders count is not read"},
		{Code: RuleNoStatus, Meaning: "a report without a status column, in a final run"},
		{Code: ruleTotal, Meaning: "the totals row disagrees with the rows"},
		{Code: ruleLines, Meaning: "too many lines are rejected for this to be a report on the offer"},
		{Code: ruleAfterTotal, Meaning: "instructions below the totals row"},
	}
}
