package seev

import (
	"encoding/xml"
	"io"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/export"
)

// Namespace035 is that of the preliminary advice of movements.
const Namespace035 = "urn:iso:std:iso:20022:tech:xsd:seev.035.001.15"

// The elements, in the order of the schema.
type (
	document035 struct {
		XMLName xml.Name `xml:"Document"`
		Space   string   `xml:"xmlns,attr"`
		Message struct {
			ID        string     `xml:"MvmntPrlimryAdvcGnlInf>MvmntPrlimryAdvcId"`
			Type      string     `xml:"MvmntPrlimryAdvcGnlInf>Tp"`
			Function  string     `xml:"MvmntPrlimryAdvcGnlInf>Fctn"`
			Event     string     `xml:"CorpActnGnlInf>CorpActnEvtId"`
			EventType string     `xml:"CorpActnGnlInf>EvtTp>Cd"`
			Voluntary string     `xml:"CorpActnGnlInf>MndtryVlntryEvtTp>Cd"`
			Security  security   `xml:"CorpActnGnlInf>UndrlygScty>FinInstrmId"`
			Account   account035 `xml:"AcctDtls>AcctsListAndBalDtls"`
			Details   details035 `xml:"CorpActnMvmntDtls"`
		} `xml:"CorpActnMvmntPrlimryAdvc"`
	}
	account035 struct {
		Account    string  `xml:"SfkpgAcct"`
		Instructed balance `xml:"Bal>InstdBal>Bal"`
		Accepted   balance `xml:"Bal>AfctdBal>Bal"`
		Returned   balance `xml:"Bal>UafctdBal>Bal"`
	}
	details035 struct {
		Option  string      `xml:"OptnNb"`
		Type    string      `xml:"OptnTp>Cd"`
		Default bool        `xml:"DfltPrcgOrStgInstr>DfltOptnInd"`
		Rate    *optionRate `xml:"RateAndAmtDtls"`
		Out     leaving035  `xml:"SctiesMvmntDtls"`
		In      coming035   `xml:"CshMvmntDtls"`
	}
	leaving035 struct {
		Security security `xml:"SctyDtls>FinInstrmId"`
		Sign     string   `xml:"CdtDbtInd"`
		Face     string   `xml:"EntitldQty>Qty>FaceAmt"`
		Day      string   `xml:"DtDtls>PmtDt>Dt"`
	}
	coming035 struct {
		Sign     string  `xml:"CdtDbtInd"`
		Total    amount  `xml:"AmtDtls>EntitldAmt"`
		Interest *amount `xml:"AmtDtls>AcrdIntrstAmt"`
		Day      string  `xml:"DtDtls>PmtDt>Dt"`
		Price    *price  `xml:"PricDtls"`
	}
)

// WriteAdvice writes a preliminary advice of the movements that a confirmation is of, seev.035.001.15:
// what will be taken from the account and what will be paid to it, before that is done.
func WriteAdvice(w io.Writer, c *confirm.Confirmation) error {
	doc := document035{Space: Namespace035}
	m := &doc.Message
	m.ID, m.Type, m.Function = c.Advice, "NEWM", "CAPA"
	m.Event, m.EventType, m.Voluntary, m.Security = c.Event, EventType(c.Auction), "VOLU", securityOf(c.Security)
	m.Account = account035{c.Participant, long(c.Tendered), long(c.Accepted), long(c.Returned)}
	paid, err := percent(&c.Percent)
	if err != nil {
		return err
	}
	in := coming035{Sign: "CRDT", Total: cashOf(c.Cash.Total, c.Currency), Day: c.Date.String(),
		Price: paid}
	if !c.Cash.Interest.IsZero() {
		interest := cashOf(c.Cash.Interest, c.Currency)
		in.Interest = &interest
	}
	m.Details = details035{Option: c.Option, Type: "CASH", In: in,
		Out: leaving035{securityOf(c.Security), "DBIT", c.Accepted.String(), c.Date.String()}}
	if c.Rate != nil {
		m.Details.Rate = &optionRate{c.Rate.String()}
	}
	return export.WriteXML(w, doc)
}
