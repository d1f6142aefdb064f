package cainstruction

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
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

	header   map[string]value // the application header of the message that follows; nil for none
	headerIn [2]*node         // what that is in, and what that is in
	headerAt int              // its line
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
	r.decoder.CharsetReader = charset
	for {
		token, err := r.decoder.Token()
		line, _ := r.decoder.InputPos()
		if errors.Is(err, io.EOF) && len(r.stack) == 0 {
			return r.messages, r.orphan()
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

// charset is asked for any other character set than UTF-8, in which messages are.
func charset(name string, _ io.Reader) (io.Reader, error) {
	return nil, fmt.Errorf("it says that it is in the character set %q, and messages are in UTF-8", name)
}

func (r *xmlReader) start(t xml.StartElement, line int) *lineFault {
	if r.count++; r.count > mostElements || len(r.stack) >= mostDepth {
		return faultAt(line, "the file has more elements, or deeper ones, than a file of messages", askAgain)
	}
	if len(r.stack) > 0 {
		r.stack[len(r.stack)-1].leaf = false
	}
	r.stack = append(r.stack, &node{name: t.Name.Local, line: line, leaf: true})
	if r.kind != "" {
		return nil
	}
	return r.outside(t, line)
}

// ofMessages are the elements with which messages and their headers begin.
var ofMessages = []string{"Document", "AppHdr", "CorpActnInstr", "CorpActnInstrCxlReq"}

// outside takes an element outside messages: it begins one, or a header, or is of an envelope.
func (r *xmlReader) outside(t xml.StartElement, line int) *lineFault {
	name, iso := strings.CutPrefix(t.Name.Space, isoNamespace)
	m := messageName.FindStringSubmatch(name)
	switch {
	case !iso && slices.Contains(ofMessages, t.Name.Local):
		return faultAt(line, fmt.Sprintf("the element %s is not in the namespace of a message (%s…), so it is not known what "+
			"it is", t.Name.Local, isoNamespace), askAgain)
	case !iso || strings.HasPrefix(name, "nvlp."):
		return nil
	case m == nil:
		return faultAt(line, fmt.Sprintf("the namespace %s is not one of a message that is read; instructions are "+
			"seev.033, cancellations "+
			"seev.040", t.Name.Space), "ask for these")
	case m[1] == "head" && t.Name.Local == "AppHdr":
		if fault := r.orphan(); fault != nil {
			return fault
		}
		r.begin("head", line)
	case m[1] == "head": // an envelope, too
	case t.Name.Local != "Document":
		return faultAt(line, fmt.Sprintf("the element %s is in the namespace of a message and not the Document of one",
			t.Name.Local), askAgain)
	case (m[2] != "033" && m[2] != "040") || m[3] < oldest:
		return faultAt(line, fmt.Sprintf("the message is %s%s; instructions are seev.033, cancellations seev.040, "+
			"from version %s on", name, whatIs[m[2]], oldest), "take the message out, or ask for instructions")
	default:
		r.begin(m[2], line)
	}
	return nil
}

// orphan is a fault if there is a header of which the message did not come.
func (r *xmlReader) orphan() *lineFault {
	if r.header == nil {
		return nil
	}
	return faultAt(r.headerAt, fmt.Sprintf("the header of %s comes without its message", orNone(r.header["BizMsgIdr"].text)),
		askAgain)
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
	if r.kind == "" && bytes.ContainsRune(t, '<') {
		return faultAt(line, "there are elements within a text of the envelope, which may be messages", askAgain)
	}
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
	kind, in := r.kind, r.parents()
	if r.kind = ""; kind == "head" {
		r.header, r.headerIn, r.headerAt = map[string]value{}, in, r.line
		for key, all := range r.values {
			r.header[key] = all[0]
		}
		return nil
	}
	m, fault := r.message(kind)
	if fault == nil && r.header != nil {
		fault = r.head(m, in)
	}
	r.messages = append(r.messages, m)
	return fault
}

// parents are the element that is open, and the one that it is in; nil for none.
func (r *xmlReader) parents() (in [2]*node) {
	for i := range in {
		if at := len(r.stack) - 1 - i; at >= 0 {
			in[i] = r.stack[at]
		}
	}
	return in
}

// head gives a message its header: the one before it in the same element, or each in one of its own beside the other, as
// Hdr and Doc.
func (r *xmlReader) head(m *message, in [2]*node) *lineFault {
	beside := in[0] != nil && r.headerIn[0] != nil && in[1] == r.headerIn[1] && in[0].name != r.headerIn[0].name
	if in[0] != r.headerIn[0] && !beside {
		return r.orphan()
	}
	m.set(colPrepared, r.header["CreDt"].text, r.header["CreDt"].line)
	m.set(colReference, r.header["BizMsgIdr"].text, r.header["BizMsgIdr"].line)
	r.header = nil
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
	for _, key := range slices.Sorted(maps.Keys(r.values)) { // the first that is wrong is the same each time
		if !strings.HasPrefix(key, inside) {
			if key == root {
				return nil, faultAt(r.line, fmt.Sprintf("the message has nothing in its %s", root), askAgain)
			}
			return nil, faultAt(r.line, fmt.Sprintf("the message holds %s where %s belongs", firstPart(key), root), askAgain)
		}
		if strings.Contains(key, "/AddtlInf/") {
			m.notes += len(r.values[key])
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
	if change := take("ChngInstrInd").text; m.refersTo == "" && (change == "true" || change == "1") {
		m.text[colFunction] += " in place of an instruction that it does not name"
	}
	account := take("AcctDtls/SfkpgAcct")
	m.set(colAccount, account.text, account.line)
	m.fillSecurity(take, func(path string) []value { return r.values[inside+path] })
	others := func(path string, read ...string) value { return othersOf(r.values, inside+path, read) }
	m.fillInstructed(take, others)
	m.fillBid(take, others)
	return m, fault
}

func firstPart(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// fillSecurity takes the ISIN, or the CUSIP of other identifications, or the only one of those. Some versions have it
// without UndrlygScty.
func (m *message) fillSecurity(take func(...string) value, all func(string) []value) {
	isin := take("CorpActnGnlInf/UndrlygScty/FinInstrmId/ISIN", "CorpActnGnlInf/FinInstrmId/ISIN",
		"CorpActnGnlInf/UndrlygScty/ISIN")
	if isin.text != "" {
		m.set(colSecurity, isin.text, isin.line)
		return
	}
	other := "CorpActnGnlInf/UndrlygScty/FinInstrmId/OthrId/"
	if len(all(other+"Id")) == 0 {
		other = "CorpActnGnlInf/FinInstrmId/OthrId/"
	}
	ids, types := all(other+"Id"), all(other+"Tp/Cd")
	isCUSIP := func(v value) bool { return v.text == "CUSP" }
	if i := slices.IndexFunc(types, isCUSIP); i >= 0 && len(ids) == len(types) && !slices.ContainsFunc(types[i+1:], isCUSIP) {
		m.set(colSecurity, ids[i].text, ids[i].line)
		return
	}
	id := take(other + "Id") // of several it is not known which counts
	m.set(colSecurity, id.text, id.line)
	if len(types) == 1 && id.text != "" {
		m.text[colSecurity] = types[0].text + " " + id.text
	}
}

// othersOf are elements in the one at path, or itself, but for those that are read, with their names as one text.
func othersOf(values map[string][]value, path string, read []string) (all value) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		below, within := strings.CutPrefix(key, path+"/")
		if (!within && key != path) || slices.Contains(read, below) {
			continue
		}
		if !within {
			below = path[strings.LastIndex(path, "/")+1:]
		}
		for _, v := range values[key] {
			all.text += " " + strings.ReplaceAll(strings.TrimPrefix(below, "Qty/"), "/", " ") + " " + v.text
			all.line = v.line
		}
	}
	all.text = strings.TrimSpace(all.text)
	return all
}

// fillInstructed takes the face amount that is instructed, and how it is delivered. What is instructed otherwise, or on a
// condition, is no principal.
func (m *message) fillInstructed(take func(...string) value, others func(string, ...string) value) {
	within := "CorpActnInstr/SctiesQtyOrInstdAmt/SctiesQty/InstdQty"
	if m.cancels {
		within = "CorpActnInstr/InstdQty"
	}
	face := take(within+"/Qty/FaceAmt", within+"/Cd")
	for _, other := range []value{others(within, "Qty/FaceAmt", "Cd"), others("CorpActnInstr/SctiesQtyOrInstdAmt/InstdAmt")} {
		if other.text != "" {
			face = other
		}
	}
	if condition := others("CorpActnInstr/SctiesQtyOrInstdAmt/SctiesQty/CondlQty"); condition.text != "" {
		face = value{face.text + " if CondlQty " + condition.text, condition.line}
	}
	m.set(colQuantity, face.text, face.line)
	if protect := take("PrtctInstr/TxTp"); protect.text != "" {
		m.set(colDelivery, map[bool]string{true: "PROTECT", false: protect.text}[protect.text == "PROT"], protect.line)
	}
}

// fillBid takes the price that is bid, in percent. One in any other form, or a rate, is a bid, too, and one that cannot be
// read: without it the tender would be one that bids nothing, which an auction takes at the best price.
func (m *message) fillBid(take func(...string) value, others func(string, ...string) value) {
	within := "CorpActnInstr/PricDtls/GncCshPricRcvdPerPdct"
	price, kind := take(within+"/PctgPric/PricVal"), take(within+"/PctgPric/PctgPricTp")
	if price.text != "" {
		m.set(colBid, perThousand(kind.text, price.text), price.line)
	}
	if amount := take(within + "/AmtPric/PricVal"); amount.text != "" {
		m.set(colBid, "amount "+amount.text, amount.line)
	}
	for _, other := range []value{
		others(within, "PctgPric/PricVal", "PctgPric/PctgPricTp", "AmtPric/PricVal", "AmtPric/AmtPricTp"),
		others("CorpActnInstr/RateAndAmtDtls/PropsdRate"),
	} {
		if other.text != "" {
			m.set(colBid, strings.TrimSpace(m.text[colBid]+" "+other.text), other.line)
		}
	}
}
