package tender

import "fmt"

// Warning is what a reader of a result should know, and what stops nothing.
type Warning struct {
	Code    WarningCode `json:"code"`
	Message string      `json:"message"` // a sentence
}

// String is the sentence.
func (w Warning) String() string { return w.Message }

// Warnf is a warning with a sentence made of a format.
func Warnf(code WarningCode, format string, args ...any) Warning {
	return Warning{code, fmt.Sprintf(format, args...)}
}

// DayAwaited is the day on which guaranteed deliveries are paid, if the warnings of a run say that notes can still come
// (R15): which of them do is not known by the run, so nothing of that day is wired by it. The zero Date if none can.
func (o *Offer) DayAwaited(all []Warning) Date {
	for _, w := range all {
		if w.Code == WarnDeliveryAwaited {
			return o.Guaranteed.Settlement
		}
	}
	return Date{}
}

// Messages are the sentences of some warnings.
func Messages(all []Warning) []string {
	messages := make([]string, len(all))
	for i, w := range all {
		messages[i] = w.Message
	}
	return messages
}

// WarningCode says what a warning is about, for programs. Codes are stable; docs/result.md
// explains each.
type WarningCode string

// The codes.
const (
	WarnAnnouncedFactor    WarningCode = "announced_factor_too_high"
	WarnSmallPieces        WarningCode = "cap_exceeded_by_small_pieces"
	WarnEarlySettlement    WarningCode = "cap_exceeded_by_early_settlement"
	WarnClearingLevel      WarningCode = "cap_reached_before_the_clearing_level"
	WarnTotalExceeded      WarningCode = "total_exceeded_by_other_pools"
	WarnInterestDue        WarningCode = "interest_falls_due_before_settlement"
	WarnNoStatus           WarningCode = "no_status_column"
	WarnHiddenRows         WarningCode = "hidden_rows"
	WarnNotCompared        WarningCode = "report_not_compared"
	WarnQuietReport        WarningCode = "last_report_may_be_old"
	WarnMissingReport      WarningCode = "last_report_missing"
	WarnFutureReport       WarningCode = "report_in_the_future"
	WarnWaiverNotNeeded    WarningCode = "waiver_not_needed"
	WarnCondition          WarningCode = "condition_not_satisfied"
	WarnPastDue            WarningCode = "wire_past_due"
	WarnDeliveryAwaited    WarningCode = "delivery_awaited"
	WarnNotInForce         WarningCode = "not_in_force"
	WarnWouldBeRefused     WarningCode = "would_be_refused"
	WarnNoRelease          WarningCode = "release_recommended"
	WarnAwaitsRelease      WarningCode = "awaits_release"
	WarnVanished           WarningCode = "tenders_vanished"
	WarnAmended            WarningCode = "tenders_changed"
	WarnLeftOutInTime      WarningCode = "tenders_left_out_in_time"
	WarnUnknownBuild       WarningCode = "program_without_commit"
	WarnTermsChanged       WarningCode = "terms_changed_in_place"
	WarnForeignFile        WarningCode = "file_not_of_the_run"
	WarnLinkRepaired       WarningCode = "link_repaired"
	WarnHistoryNotCompared WarningCode = "published_runs_not_compared"
	WarnFileNote           WarningCode = "file_note"
	WarnNoPrice            WarningCode = "no_price_yet"
	WarnCapSuspended       WarningCode = "cap_not_applied"
	WarnHypothetical       WarningCode = "hypothetical_price"
	WarnRateNotFixed       WarningCode = "rate_not_fixed_yet"
	WarnRateChanged        WarningCode = "rate_changed_since_settlement"
)

// WarningCodes are all codes.
var WarningCodes = [...]WarningCode{
	WarnAnnouncedFactor, WarnSmallPieces, WarnEarlySettlement, WarnClearingLevel, WarnTotalExceeded, WarnInterestDue,
	WarnNoStatus, WarnHiddenRows, WarnNotCompared,
	WarnQuietReport, WarnMissingReport, WarnFutureReport, WarnWaiverNotNeeded, WarnCondition, WarnPastDue, WarnDeliveryAwaited,
	WarnNotInForce,
	WarnVanished, WarnAmended, WarnLeftOutInTime, WarnUnknownBuild, WarnTermsChanged, WarnForeignFile, WarnLinkRepaired,
	WarnHistoryNotCompared, WarnWouldBeRefused, WarnFileNote, WarnNoPrice, WarnCapSuspended, WarnHypothetical,
	WarnNoRelease, WarnAwaitsRelease,
	WarnRateNotFixed, WarnRateChanged,
}
