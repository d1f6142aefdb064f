package intake

import "testing"

const oneMessage = "{1:F01BANKUS33AXXX0000000000}{2:I565CUSTUS33XXXXN}{4:\n:16R:GENL\n:20C::SEME//REF1\n:23G:NEWM\n:16S:GENL\n" +
	":16R:CAINST\n:22F::CAOP//CASH\n:16S:CAINST\n-}\n"

// TestMessagesPassTheDoor like sheets: what is whole is taken, what is cut off is kept apart with its line.
func TestMessagesPassTheDoor(t *testing.T) {
	d := newDesk(t)
	d.send("dtc-2004-11-12.csv", oneMessage)
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Fatalf("%+v", f)
	}
}

func TestMessagesThatAreCutOffAreKeptApart(t *testing.T) {
	d := newDesk(t)
	d.send("dtc-2004-11-12.csv", oneMessage+oneMessage[:60])
	d.wantApart("dtc-2004-11-12.csv", "line 10: the message is cut off")
}
