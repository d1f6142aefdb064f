package swifttext

import (
	"strings"
	"testing"
)

func TestTextOfEachKindOfName(t *testing.T) {
	for name, want := range map[string]string{
		"Goldman, Sachs & Co. LLC":         "Goldman, Sachs + Co. LLC",
		"Crédit Agricole Île-de-France":    "Credit Agricole Ile-de-France",
		"Bayerische Landesbank München":    "Bayerische Landesbank Munchen",
		"Straßburger GROẞE Bank":           "Strassburger GROSSE Bank",
		"Østre Bærum Sparebank, Þór, Łódź": "Ostre Baerum Sparebank, Thor, Lodz",
		"ÆGIR":             "AEGIR",
		"İş Bankası":       "Is Bankasi",
		"Ngân hàng Đầu tư": "Ngan hang Dau tu",
		"Εθνική Τράπεζα της Ελλάδος": "Ethniki Trapeza tis Ellados",
		"ΨΥΧΙΚΟ ΑΕ":                   "PSYCHIKO AE",
		"Сбербанк России":             "Sberbank Rossii",
		"Щёлковский ЩИТ":              "Shchelkovskii SHCHIT",
		"ПриватБанк Київ":             "PrivatBank Kiiv",
		"ＭＵＦＪ　Ｂａｎｋ":                   "MUFJ Bank",
		"A/C_No. 7 “Nominees”":        "A/C-No. 7 'Nominees'",
		"  two   spaces\tand a tab ":  "two spaces and a tab",
		"//slashes//inside/":          "slashes/inside",
		"Zu\u0308rcher Kantonalbank":  "Zurcher Kantonalbank", // u with a combining accent
		"Bank ﬁrst\u00a0Nominees № 5": "Bank first Nominees No 5",
	} {
		got, err := Text(name)
		if err != nil || got != want {
			t.Errorf("%q gives %q and %v, want %q", name, got, err, want)
		}
		if !Is(got) {
			t.Errorf("%q has other characters", got)
		}
	}
}

func TestTextRefusesWhatHasNoLatinForm(t *testing.T) {
	for _, name := range []string{"中国工商银行", "三菱UFJ銀行", "بنك", "בנק לאומי", "한국은행", "ธนาคาร", "बैंक", "Bank €", "☃", "", "  ", "/", "ь"} {
		if got, err := Text(name); err == nil {
			t.Errorf("%q gives %q", name, got)
		}
	}
}

func TestReference(t *testing.T) {
	if got, err := Reference("0901_USD-20041202-7K3QX9M2TB"); err != nil || got != "0901-USD-20041202-7K3QX9M2TB" {
		t.Errorf("%q, %v", got, err)
	}
	for _, wrong := range []string{"", "Ä-1", "a//b", "/a", "a/", " a", strings.Repeat("x", 36), "a#b"} {
		if got, err := Reference(wrong); err == nil {
			t.Errorf("%q gives %q", wrong, got)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("Größe & Co")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Text(s)
		if err != nil {
			return
		}
		if again, err := Text(got); err != nil || again != got || !Is(got) || got == "" {
			t.Errorf("%q gives %q, and that %q and %v", s, got, again, err)
		}
	})
}
