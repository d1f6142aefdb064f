package seev

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/confirm"
	"tenderbatch/internal/export"
)

// Namespace031 is that of the notification.
const Namespace031 = "urn:iso:std:iso:20022:tech:xsd:seev.031.001.14"

// The elements, in the order of the schema.
type (
	document031 struct {
		XMLName xml.Name `xml:"Document"`
		Space   string   `xml:"xmlns,attr"`
		Message struct {
			ID           string      `xml:"NtfctnGnlInf>NtfctnId"`
			Type         string      `xml:"NtfctnGnlInf>NtfctnTp"`
			Completeness string      `xml:"NtfctnGnlInf>PrcgSts>Cd>EvtCmpltnsSts"`
			Confirmed    string      `xml:"NtfctnGnlInf>PrcgSts>Cd>EvtConfSts"`
			Event        string      `xml:"CorpActnGnlInf>CorpActnEvtId"`
			EventType    string      `xml:"CorpActnGnlInf>EvtTp>Cd"`
			Voluntary    string      `xml:"CorpActnGnlInf>MndtryVlntryEvtTp>Cd"`
			Security     security    `xml:"CorpActnGnlInf>UndrlygScty>FinInstrmId"`
			Accounts     string      `xml:"AcctDtls>ForAllAccts>IdCd"`
			Announced    string      `xml:"CorpActnDtls>DtDtls>AnncmntDt>Dt>Dt"`
			Interest     bool        `xml:"CorpActnDtls>AcrdIntrstInd"`
			Offeror      string      `xml:"CorpActnDtls>AddtlInf>Offerr"`
			Options      []option031 `xml:"CorpActnOptnDtls"`
		} `xml:"CorpActnNtfctn"`
	}
	option031 struct {
		Number   string       `xml:"OptnNb"`
		Type     string       `xml:"OptnTp>Cd"`
		Default  bool         `xml:"DfltPrcgOrStgInstr>DfltOptnInd"`
		Deadline *deadline    `xml:"DtDtls"`
		Rate     *optionRate  `xml:"RateAndAmtDtls"`
		Out      *movement031 `xml:"SctiesMvmntDtls"`
		In       *cash031     `xml:"CshMvmntDtls"`
	}
	deadline struct {
		Market string `xml:"MktDdln>Dt>DtTm"`
	}
	optionRate struct {
		Proration string `xml:"PrratnRate>Rate"`
	}
	movement031 struct {
		Security security `xml:"SctyDtls>FinInstrmId"`
		Minimum  string   `xml:"SctyDtls>MinQtyToInst>FaceAmt"`
		Multiple string   `xml:"SctyDtls>MinMltplQtyToInst>FaceAmt"`
		Sign     string   `xml:"CdtDbtInd"`
		Day      string   `xml:"DtDtls>PmtDt>Dt"`
	}
	cash031 struct {
		Sign  string `xml:"CdtDbtInd"`
		Day   string `xml:"DtDtls>PmtDt>Dt"`
		Price *price `xml:"PricDtls"`
	}
	price struct {
		Type  string `xml:"GncCshPricRcvdPerPdct>PctgPric>PctgPricTp"`
		Value string `xml:"GncCshPricRcvdPerPdct>PctgPric>PricVal"`
	}
)

// WriteAnnouncement writes a notification, seev.031.001.14.
func WriteAnnouncement(w io.Writer, a *confirm.Announcement) error {
	doc := document031{Space: Namespace031}
	m := &doc.Message
	m.ID, m.Type, m.Completeness, m.Confirmed = a.ID, "NEWM", "INCO", "CONF"
	if a.Complete() {
		m.Completeness = "COMP"
	}
	m.Event, m.EventType, m.Voluntary, m.Security = a.Event, EventType(a.Auction), "VOLU", securityOf(a.Security)
	m.Accounts, m.Announced, m.Interest, m.Offeror = "GENR", a.Announced.String(), true, a.Offeror
	for i := range a.Options {
		option, err := cashOption(a, &a.Options[i])
		if err != nil {
			return err
		}
		m.Options = append(m.Options, option)
	}
	m.Options = append(m.Options, option031{Number: a.Idle(), Type: "NOAC", Default: true})
	return export.WriteXML(w, doc)
}

func cashOption(a *confirm.Announcement, o *confirm.Option) (option option031, err error) {
	option = option031{
		Number: o.Number, Type: "CASH", Deadline: &deadline{o.Deadline.Format(time.RFC3339)},
		Out: &movement031{securityOf(a.Security), a.Minimum.String(), a.Multiple.String(), "DBIT", o.Day.String()},
		In:  &cash031{Sign: "CRDT", Day: o.Day.String()},
	}
	if o.Rate != nil {
		option.Rate = &optionRate{o.Rate.String()}
	}
	option.In.Price, err = percent(o.Percent)
	return option, err
}

// mostDigits are those of a price in percent, before and after the point.
const mostDigits = 11

// percent is a price in percent, nil if it is not known. One with more digits than the schema has is not cut: what is
// announced or confirmed would be another one than is paid.
func percent(d *decimal.Decimal) (*price, error) {
	if d == nil {
		return nil, nil
	}
	text := d.String()
	if digits := strings.NewReplacer(".", "", "-", "").Replace(text); len(digits) > mostDigits {
		return nil, fmt.Errorf("the price of %s%% has more than the %d digits that a message of ISO 20022 can state; write it with "+
			"fewer decimals in offer.yaml", text, mostDigits)
	}
	return &price{"PRCT", text}, nil
}
