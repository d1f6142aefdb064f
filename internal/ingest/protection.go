package ingest

import (
	"errors"
	"fmt"

	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
	"tenderbatch/internal/xlsx/fault"
)

// protectionFault is what to do about a protected workbook that was not opened;
// false for any other error. It names the variable and never the password.
func (r *reading) protectionFault(err error) (tender.FileFault, bool) {
	var e *fault.FormatError
	if !errors.As(err, &e) {
		return tender.FileFault{}, false
	}
	d := r.terms.depositary
	switch e.Rule {
	case fault.RuleProtected:
		if d.PasswordEnv == "" {
			return tender.FileFault{Rule: tender.RuleProtected,
				Message: "the workbook is protected by a password, and the offer does not say where the password is",
				Advice: fmt.Sprintf("name the environment variable that holds it, in the offer at depositary %s, "+
					"such as password_env: DEPOSITARY_PASSWORD; or ask for the file without a password", d.Name)}, true
		}
		return tender.FileFault{Rule: tender.RuleProtected,
			Message: fmt.Sprintf("the workbook is protected by a password, and the environment variable %s, which "+
				"should hold it, is empty or not set", d.PasswordEnv),
			Advice: fmt.Sprintf("set %s where batch runs (cron and services have an environment of their own)",
				d.PasswordEnv)}, true
	case fault.RulePassword:
		return tender.FileFault{Rule: tender.RulePassword,
			Message: fmt.Sprintf("the password in %s does not open the workbook", r.passwordSource()),
			Advice: fmt.Sprintf("check it with depositary %s, and that the variable holds no extra space or "+
				"quotation mark; upper and lower case matter", d.Name)}, true
	case fault.RuleTampered:
		return tender.FileFault{Rule: tender.RuleTampered,
				Message: "the password is right, but the workbook was changed or damaged after it was protected: its " +
					"content does not agree with its checksum",
				Advice: fmt.Sprintf("do not use the file; ask depositary %s for it again, and how it was sent",
					d.Name)},
			true
	}
	return tender.FileFault{}, false
}

// passwordSource is where the password came from, in a sentence.
func (r *reading) passwordSource() string {
	if r.terms.depositary.PasswordEnv == "" {
		return "use"
	}
	return r.terms.depositary.PasswordEnv
}

// noteProtection says how a file was opened that is, or might have been,
// protected.
func (r *reading) noteProtection(p xlsx.Protection) {
	switch {
	case p == xlsx.Agile:
		r.found.note(fmt.Sprintf("the workbook is protected; the password in %s opened it, and its checksum agrees",
			r.passwordSource()))
	case p == xlsx.Standard:
		r.found.note(fmt.Sprintf("the workbook has the protection of Excel 2007, which cannot show whether it was "+
			"changed afterwards; the password in %s opened it", r.passwordSource()))
	case r.password != "":
		r.found.note(fmt.Sprintf("the file is not protected; the password in %s was not needed", r.passwordSource()))
	}
}
