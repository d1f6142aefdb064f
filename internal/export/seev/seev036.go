// Package seev writes corporate action messages of ISO 20022. docs/exchange.md says from where each
// element comes.
package seev

import (
	"encoding/xml"
	"io"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/export"
	"tenderbatch/internal/tender"
)

// Namespace036 is that of the movement confirmation.
const Namespace036 = "urn:iso:std:iso:20022:tech:xsd:seev.036.001.15"

// The elements, in the order of the schema.
type (
	document036 struct {
		XMLName xml.Name `xml:"Document"`
		Space   string   `xml:"xmlns,attr"`
		Message struct {
			ID      string     `xml:"MvmntConfId"`
			General general    `xml:"CorpActnGnlInf"`
			Account account036 `xml:"AcctDtls"`
			Details details036 `xml:"CorpActnConfDtls"`
			Texts   []string   `xml:"AddtlInf>AddtlTxt"`
		} `xml:"CorpActnMvmntConf"`
	}
	general struct {
		Event    string   `xml:"CorpActnEvtId"`
		Type     string   `xml:"EvtTp>Cd"`
		Security security `xml:"FinInstrmId"`
	}
	security struct {
		ISIN  string         `xml:"ISIN,omitempty"`
		Other *otherSecurity `xml:"OthrId"`
	}
	otherSecurity struct {
		ID   string `xml:"Id"`
		Type string `xml:"Tp>Cd"`
	}
	account036 struct {
		Account    string  `xml:"SfkpgAcct"`
		Instructed balance `xml:"Bal>ConfdBal>Bal"`
		Accepted   balance `xml:"Bal>AfctdBal>Bal"`
		Returned   balance `xml:"Bal>UafctdBal>Bal"`
	}
	balance struct {
		Position string `xml:"ShrtLngPos"`
		Face     string `xml:"QtyChc>Qty>FaceAmt"`
	}
	details036 struct {
		Option string    `xml:"OptnNb>Nb"`
		Type   string    `xml:"OptnTp>Cd"`
		Rate   *rate     `xml:"RateAndAmtDtls"`
		Out    movement  `xml:"SctiesMvmntDtls"`
		In     cashMoved `xml:"CshMvmntDtls"`
	}
	rate struct {
		Proration string `xml:"PrratnRate"`
	}
	movement struct {
		Security security `xml:"FinInstrmId"`
		Sign     string   `xml:"CdtDbtInd"`
		Face     string   `xml:"PstngQty>Qty>FaceAmt"`
		Day      string   `xml:"DtDtls>PstngDt>Dt"`
	}
	cashMoved struct {
		Sign      string  `xml:"CdtDbtInd"`
		Total     amount  `xml:"AmtDtls>PstngAmt"`
		Principal amount  `xml:"AmtDtls>PrncplOrCrps"`
		Interest  *amount `xml:"AmtDtls>AcrdIntrstAmt"`
		Day       string  `xml:"DtDtls>PstngDt>Dt"`
		Price     *price  `xml:"PricDtls"`
	}
	amount struct {
		Currency string `xml:"Ccy,attr"`
		Text     string `xml:",chardata"`
	}
)

// WriteConfirmation writes a movement confirmation, seev.036.001.15.
func WriteConfirmation(w io.Writer, c *confirm.Confirmation) error {
	doc := document036{Space: Namespace036}
	m := &doc.Message
	m.ID = c.ID
	m.General = general{c.Event, EventType(c.Auction), securityOf(c.Security)}
	m.Account = account036{c.Participant, long(c.Tendered), long(c.Accepted), long(c.Returned)}
	paid, err := percent(&c.Percent)
	if err != nil {
		return err
	}
	cash := cashMoved{
		Sign: "CRDT", Total: cashOf(c.Cash.Total, c.Currency), Principal: cashOf(c.Cash.Principal(), c.Currency),
		Day: c.Date.String(), Price: paid,
	}
	if !c.Cash.Interest.IsZero() {
		interest := cashOf(c.Cash.Interest, c.Currency)
		cash.Interest = &interest
	}
	m.Details = details036{
		Option: c.Option, Type: "CASH",
		Out: movement{securityOf(c.Security), "DBIT", c.Accepted.String(), c.Date.String()},
		In:  cash,
	}
	if c.Rate != nil {
		m.Details.Rate = &rate{c.Rate.String()}
	}
	m.Texts = []string{"WIRE " + c.Reference}
	return export.WriteXML(w, doc)
}

// EventType is the type of the event: a tender offer, or a Dutch auction.
func EventType(auction bool) string {
	if auction {
		return "DTCH"
	}
	return "TEND"
}

func securityOf(s string) security {
	const isin = 12
	if len(s) == isin {
		return security{ISIN: s}
	}
	return security{Other: &otherSecurity{s, "CUSP"}}
}

func long(face decimal.Decimal) balance { return balance{"LONG", face.String()} }

func cashOf(d decimal.Decimal, currency string) amount {
	return amount{currency, tender.CashText(d, currency)}
}
