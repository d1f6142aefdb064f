package cainstruction

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// isoNamespace begins the namespaces of all messages.
const isoNamespace = "urn:iso:std:iso:20022:tech:xsd:"

// Bounds of a file of XML.
const (
	mostDepth    = 40
	mostElements = 5_000_000
	mostText     = 10_000 // bytes of one element
)

// messageName is the name of a message in its namespace. 002 is the variant of DTC and others, with the
// same elements as 001.
var messageName = regexp.MustCompile(`^(?:DRAFT[0-9])?(seev|head)\.([0-9]{3})\.00[12]\.([0-9]{2})$`)

// oldest is the first version of seev.033 and seev.040 with the elements that are read here.
const oldest = "03"

// node is where in the file an element is.
type node struct {
	name string
	line int
	text strings.Builder
	leaf bool
}

// xmlReader collects the messages of a file.
type xmlReader struct {
	decoder *xml.Decoder
	stack   []*node
	count   int

	header   map[string]value // of the last application header
	headerIn *node            // what that is in
	values   map[string][]value
	kind     string // of the message that is being read, such as 033; "" for none
	within   int    // how deep its root element is
	line     int
	messages []*message
}

// value is the text of an element.
type value struct {
	text string
	line int
}

// readXML reads messages of ISO 20022, alone or within whatever envelope, each after its header.
func readXML(content []byte) ([]*message, *lineFault) {
	r := &xmlReader{decoder: xml.NewDecoder(bytes.NewReader(content))}
	for {
		token, err := r.decoder.Token()
		line, _ := r.decoder.InputPos()
		if errors.Is(err, io.EOF) && len(r.stack) == 0 {
			return r.messages, nil
		}
		if err != nil {
			return nil, faultAt(line, "the file is not XML that can be read: "+err.Error(), askAgain)
		}
		var fault *lineFault
		switch t := token.(type) {
		case xml.Directive:
			fault = faultAt(line, "the file declares a document type (DTD), which messages do not have", askAgain)
		case xml.StartElement:
			fault = r.start(t, line)
		case xml.EndElement:
			fault = r.end(line)
		case xml.CharData:
			fault = r.chars(t, line)
		}
		if fault != nil {
			return nil, fault
		}
	}
}

func (r *xmlReader) start(t xml.StartElement, line int) *lineFault {
	if r.count++; r.count > mostElements || len(r.stack) >= mostDepth {
		return faultAt(line, "the file has more elements, or deeper ones, than a file of messages", askAgain)
	}
	if len(r.stack) > 0 {
		r.stack[len(r.stack)-1].leaf = false
	}
	r.stack = append(r.stack, &node{name: t.Name.Local, line: line, leaf: true})
	name, iso := strings.CutPrefix(t.Name.Space, isoNamespace)
	if !iso || r.kind != "" {
		return nil
	}
	m := messageName.FindStringSubmatch(name)
	switch {
	case m == nil:
		return faultAt(line, fmt.Sprintf("the namespace %s is not one of a message that is read; instructions are "+
			"seev.033, cancellations "+
			"seev.040", t.Name.Space), "ask for these")
	case m[1] == "head" && t.Name.Local == "AppHdr":
		r.begin("head", line)
	case m[1] == "seev" && t.Name.Local == "Document":
		if (m[2] != "033" && m[2] != "040") || m[3] < oldest {
			return faultAt(line, fmt.Sprintf("the message is %s%s; instructions are seev.033, cancellations seev.040, "+
				"from version %s on", name,
				whatIs[m[2]], oldest), "take the message out, or ask for instructions")
		}
		r.begin(m[2], line)
	}
	return nil
}

// whatIs says what some other messages are.
var whatIs = map[string]string{
	"031": ", a notification", "034": ", the status of an instruction", "035": ", a preliminary advice of movements",
	"036": ", a confirmation of what was paid", "037": ", a reversal of what was confirmed",
}

// begin begins a header or a message.
func (r *xmlReader) begin(kind string, line int) {
	r.kind, r.within, r.line, r.values = kind, len(r.stack), line, map[string][]value{}
}

func (r *xmlReader) chars(t xml.CharData, line int) *lineFault {
	if len(r.stack) == 0 || r.kind == "" {
		return nil
	}
	n := r.stack[len(r.stack)-1]
	if n.text.Len()+len(t) > mostText {
		return faultAt(line, "the text of an element is longer than any of a message", askAgain)
	}
	n.text.Write(t)
	return nil
}

func (r *xmlReader) end(line int) *lineFault {
	n := r.stack[len(r.stack)-1]
	if r.kind != "" && n.leaf && len(r.stack) > r.within {
		var path []string
		for _, s := range r.stack[r.within:] {
			path = append(path, s.name)
		}
		key := strings.Join(path, "/")
		r.values[key] = append(r.values[key], value{strings.TrimSpace(n.text.String()), n.line})
	}
	r.stack = r.stack[:len(r.stack)-1]
	if r.kind == "" || len(r.stack) >= r.within {
		return nil
	}
	kind := r.kind
	r.kind = ""
	var parent *node
	if len(r.stack) > 0 {
		parent = r.stack[len(r.stack)-1]
	}
	if kind == "head" {
		r.header, r.headerIn = map[string]value{}, parent
		for key, all := range r.values {
			r.header[key] = all[0]
		}
		return nil
	}
	m, fault := r.message(kind)
	if fault != nil {
		return fault
	}
	if r.headerIn == parent && r.header != nil {
		m.set(colPrepared, r.header["CreDt"].text, r.header["CreDt"].line)
		m.text[colReference], m.at[colReference] = r.header["BizMsgIdr"].text, r.header["BizMsgIdr"].line
		r.header = nil
	}
	r.messages = append(r.messages, m)
	return nil
}

// message takes what a message says.
func (r *xmlReader) message(kind string) (*message, *lineFault) {
	m := &message{line: r.line, cancels: kind == "040"}
	root, function := "CorpActnInstr", "NEWM"
	if m.cancels {
		root, function = "CorpActnInstrCxlReq", "CANC"
	}
	inside := root + "/"
	for key, all := range r.values {
		if !strings.HasPrefix(key, inside) {
			return nil, faultAt(r.line, fmt.Sprintf("the message holds %s where %s belongs", firstPart(key), root), askAgain)
		}
		if strings.Contains(key, "/AddtlInf/") {
			m.notes += len(all)
		}
	}
	one := func(paths ...string) (value, *lineFault) {
		for _, p := range paths {
			all := r.values[inside+p]
			if len(all) > 1 {
				return value{}, faultAt(all[1].line, fmt.Sprintf("%s is in the message twice: it is not known which counts", p),
					"ask for one message for each instruction")
			}
			if len(all) == 1 {
				return all[0], nil
			}
		}
		return value{}, nil
	}
	var fault *lineFault
	take := func(paths ...string) value {
		v, wrong := one(paths...)
		if fault == nil {
			fault = wrong
		}
		return v
	}
	m.event = take("CorpActnGnlInf/EvtTp/Cd").text
	option := take("CorpActnInstr/OptnTp/Cd")
	m.option = option.text
	m.set(colFunction, functionText(function, m.event, m.option), option.line)
	m.refersTo = take("InstrId/Id", "CancInstrId/Id").text
	account := take("AcctDtls/SfkpgAcct")
	m.set(colAccount, account.text, account.line)
	m.fillSecurity(take, r.values[inside+"CorpActnGnlInf/UndrlygScty/FinInstrmId/OthrId/Tp/Cd"])
	m.fillInstructed(take)
	return m, fault
}

func firstPart(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// fillSecurity takes the ISIN, or the one other identification if that is a CUSIP. Some versions have
// it without UndrlygScty.
func (m *message) fillSecurity(take func(...string) value, types []value) {
	isin := take("CorpActnGnlInf/UndrlygScty/FinInstrmId/ISIN", "CorpActnGnlInf/FinInstrmId/ISIN",
		"CorpActnGnlInf/UndrlygScty/ISIN")
	if isin.text != "" {
		m.set(colSecurity, isin.text, isin.line)
		return
	}
	other := take("CorpActnGnlInf/UndrlygScty/FinInstrmId/OthrId/Id", "CorpActnGnlInf/FinInstrmId/OthrId/Id")
	m.set(colSecurity, other.text, other.line)
	if len(types) == 1 && types[0].text != "CUSP" && other.text != "" {
		m.text[colSecurity] = types[0].text + " " + other.text
	}
}

// fillInstructed takes the face amount that is instructed, how it is delivered and what is bid.
func (m *message) fillInstructed(take func(...string) value) {
	within := "CorpActnInstr/SctiesQtyOrInstdAmt/SctiesQty/InstdQty/"
	if m.cancels {
		within = "CorpActnInstr/InstdQty/"
	}
	face := take(within+"Qty/FaceAmt", within+"Cd")
	for _, other := range []string{within + "Qty/Unit", within + "Qty/AmtsdVal",
		"CorpActnInstr/SctiesQtyOrInstdAmt/InstdAmt"} {
		if v := take(other); v.text != "" { // which is no principal
			face = value{other[strings.LastIndex(other, "/")+1:] + " " + v.text, v.line}
		}
	}
	m.set(colQuantity, face.text, face.line)
	if protect := take("PrtctInstr/TxTp"); protect.text != "" {
		m.set(colDelivery, map[bool]string{true: "PROTECT", false: protect.text}[protect.text == "PROT"], protect.line)
	}
	price := take("CorpActnInstr/PricDtls/GncCshPricRcvdPerPdct/PctgPric/PricVal")
	kind := take("CorpActnInstr/PricDtls/GncCshPricRcvdPerPdct/PctgPric/PctgPricTp")
	if price.text != "" {
		m.set(colBid, perThousand(kind.text, price.text), price.line)
	}
	if amount := take("CorpActnInstr/PricDtls/GncCshPricRcvdPerPdct/AmtPric/PricVal"); amount.text != "" {
		m.set(colBid, "amount "+amount.text, amount.line)
	}
}
