package swifttext

// special are the letters and signs that are written otherwise than without their accents, in lower
// case.
var special = func() map[rune]string {
	all := map[rune]string{}
	for _, table := range []map[rune]string{latin, greek, cyrillic, signs} {
		for r, letters := range table {
			all[r] = letters
		}
	}
	return all
}()

// latin are the letters of Latin script that do not decompose.
var latin = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ħ': "h", 'ŋ': "n",
	'ŧ': "t", 'ĸ': "k", 'ə': "a",
}

// greek is the conversion table of the European Payments Council, letter by letter.
var greek = map[rune]string{
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th", 'ι': "i", 'κ': "k", 'λ': "l",
	'μ': "m", 'ν': "n", 'ξ': "x", 'ο': "o", 'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f",
	'χ': "ch", 'ψ': "ps", 'ω': "o",
}

// cyrillic is as in machine readable passports.
var cyrillic = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "i",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f",
	'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "ie", 'ы': "y", 'ь': "", 'э': "e", 'ю': "iu",
	'я': "ia", 'є': "ie", 'і': "i", 'ї': "i", 'ґ': "g", 'ў': "u", 'ђ': "d", 'ј': "j", 'љ': "lj", 'њ': "nj", 'ћ': "c",
	'џ': "dz",
}

// signs are those that are common in names, as the European Payments Council writes them.
var signs = map[rune]string{
	'&': "+", '_': "-", '–': "-", '—': "-", '‐': "-", '‑': "-", '−': "-", '’': "'", '‘': "'", '`': "'", '´': "'", 'ʼ': "'",
	'"': "'", '“': "'", '”': "'", '„': "'", '«': "'", '»': "'", '[': "(", ']': ")", '{': "(", '}': ")", '\\': "/",
	'|': "/", ';': ",", '@': ".", '#': ".", '!': ".", '*': ".", '=': ".", '%': ".", '·': ".", '•': ".", '°': ".",
	'<': ".", '>': ".", '~': ".", '^': ".", '$': ".", '®': "", '©': "", '™': "",
}
