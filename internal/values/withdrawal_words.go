package values

// besideWords are what people and programs write beside a tender that no longer counts.
var besideWords = wordSet("withdrawn withdrawal withdrawals withdraw withdrew cancelled canceled cancel cancellation " +
	"cancellations revoked revocation rescinded " +
	"void voided deleted delete reversed reversal invalid disregard annulled retracted")

// notWords take back the word that follows.
var notWords = wordSet("not no never without")

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range Words(s) {
		set[w] = true
	}
	return set
}

// SpeaksOfWithdrawal reports whether one of the words of a text says that something was
// withdrawn or cancelled.
func SpeaksOfWithdrawal(text []byte) bool {
	const longest = len("cancellations")
	var word [longest]byte
	n, negated := 0, false
	for i := range len(text) + 1 {
		letter := byte(0)
		if i < len(text) {
			letter = text[i] | 0x20 // small, if it is one
		}
		if letter >= 'a' && letter <= 'z' {
			if n < longest {
				word[n] = letter
			}
			n++
			continue
		}
		if n == 0 || n > longest {
			negated, n = negated && n == 0, 0
			continue
		}
		if besideWords[string(word[:n])] && !negated {
			return true
		}
		negated, n = notWords[string(word[:n])], 0
	}
	return false
}
