// Package pain001 writes messages for banks as ISO 20022 customer credit transfer initiations,
// pain.001.001.09. docs/exchange.md says from where each element comes.
package pain001

import (
	"encoding/xml"
	"io"
	"strconv"
	"time"

	"tenderbatch/internal/accounts"
	"tenderbatch/internal/export"
	"tenderbatch/internal/payment"
	"tenderbatch/internal/tender"
)

// Namespace is that of the message.
const Namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

// The elements, in the order of the schema: encoding/xml writes fields in their order.
type (
	document struct {
		XMLName xml.Name   `xml:"Document"`
		Space   string     `xml:"xmlns,attr"`
		Header  header     `xml:"CstmrCdtTrfInitn>GrpHdr"`
		Payment paymentInf `xml:"CstmrCdtTrfInitn>PmtInf"`
	}
	header struct {
		ID      string `xml:"MsgId"`
		Created string `xml:"CreDtTm"`
		Count   string `xml:"NbOfTxs"`
		Sum     string `xml:"CtrlSum"`
		Issuer  string `xml:"InitgPty>Nm"`
	}
	paymentInf struct {
		ID        string     `xml:"PmtInfId"`
		Method    string     `xml:"PmtMtd"`
		Batch     bool       `xml:"BtchBookg"`
		Count     string     `xml:"NbOfTxs"`
		Sum       string     `xml:"CtrlSum"`
		Purpose   string     `xml:"PmtTpInf>CtgyPurp>Cd"`
		Day       string     `xml:"ReqdExctnDt>Dt"`
		Debtor    party      `xml:"Dbtr"`
		Account   account    `xml:"DbtrAcct"`
		Agent     string     `xml:"DbtrAgt>FinInstnId>BICFI"`
		Charges   string     `xml:"ChrgBr"`
		Transfers []transfer `xml:"CdtTrfTxInf"`
	}
	party struct {
		Name    string   `xml:"Nm"`
		Address *address `xml:"PstlAdr"`
	}
	address struct {
		Town    string `xml:"TwnNm"`
		Country string `xml:"Ctry"`
	}
	account struct {
		IBAN     string `xml:"Id>IBAN,omitempty"`
		Other    *other `xml:"Id>Othr"`
		Currency string `xml:"Ccy,omitempty"`
	}
	other struct {
		ID string `xml:"Id"`
	}
	transfer struct {
		EndToEndID string   `xml:"PmtId>EndToEndId"`
		UETR       string   `xml:"PmtId>UETR"`
		Amount     amount   `xml:"Amt>InstdAmt"`
		Agent      string   `xml:"CdtrAgt>FinInstnId>BICFI"`
		Creditor   party    `xml:"Cdtr"`
		Account    account  `xml:"CdtrAcct"`
		Texts      []string `xml:"RmtInf>Ustrd"`
	}
	amount struct {
		Currency string `xml:"Ccy,attr"`
		Text     string `xml:",chardata"`
	}
)

// Write writes a message.
func Write(w io.Writer, m *payment.Message) error {
	count, sum := strconv.Itoa(len(m.Transfers)), tender.CashText(m.Sum, m.Currency)
	doc := document{
		Space:  Namespace,
		Header: header{m.ID, m.Created.UTC().Truncate(time.Second).Format(time.RFC3339), count, sum, m.Issuer},
		Payment: paymentInf{
			// The one group of the message has an identification of its own, as banks report by it.
			ID: m.ID + "-1", Method: "TRF", Count: count, Sum: sum, Purpose: "SECU", Day: m.Date.String(),
			Debtor: partyOf(&m.Debtor), Account: accountOf(m.Debtor.Account, m.Currency), Agent: m.Debtor.Account.BIC,
			Charges: "SHAR",
		},
	}
	for i := range m.Transfers {
		t := &m.Transfers[i]
		doc.Payment.Transfers = append(doc.Payment.Transfers, transfer{
			EndToEndID: t.EndToEndID, UETR: t.UETR, Amount: amount{m.Currency, tender.CashText(t.Amount, m.Currency)},
			Agent: t.Creditor.Account.BIC, Creditor: partyOf(&t.Creditor), Account: accountOf(t.Creditor.Account, ""),
			Texts: t.Texts,
		})
	}
	return export.WriteXML(w, doc)
}

func partyOf(p *payment.Party) party {
	if p.Town == "" {
		return party{Name: p.Name}
	}
	return party{p.Name, &address{p.Town, p.Country}}
}

func accountOf(a *accounts.Account, currency string) account {
	if a.IBAN == "" {
		return account{Other: &other{a.Other}, Currency: currency}
	}
	return account{IBAN: a.IBAN, Currency: currency}
}
