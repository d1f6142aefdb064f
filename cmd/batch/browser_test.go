package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestBrowser uses the console as people do, in Chromium: the specifications are in
// testdata/browser, each makes its own folder of offers and accounts. BROWSER names the folder
// into which the test command installed Playwright. With PICTURES, the absolute
// path of docs/images, the pictures of the console are made again, which no other run of the tests does.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	modules, chromium := browserTools(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "batch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "specs"), os.DirFS(filepath.Join("testdata", "browser"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "specs", "node_modules")); err != nil {
		t.Fatal(err)
	}
	fixtures, err := filepath.Abs(filepath.Join("..", "..", "fixtures"))
	if err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(dir, "report.json")
	args, pictures := []string{"test"}, os.Getenv("PICTURES")
	if pictures != "" {
		args = append(args, "pictures.spec.js")
	}
	c := exec.Command(filepath.Join(modules, ".bin", "playwright"), args...)
	c.Dir = filepath.Join(dir, "specs")
	c.Env = append(os.Environ(), "BATCH="+program, "FIXTURES="+fixtures, "CHROMIUM="+chromium, "REPORT="+report)
	out, err := c.CombinedOutput()
	passed := browserReport(t, report)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if pictures != "" {
		reducePictures(t, pictures)
		return
	}
	// A file of specifications that is not found would pass without a word.
	const least = 30
	if passed < least {
		t.Errorf("%d tests passed in the browser, want %d or more\n%s", passed, least, out)
	}
	t.Logf("%d tests passed in the browser", passed)
}

// browserTools are the folder with Playwright's modules, and Chromium. Where they are missing the
// test is skipped, but in CI it fails.
func browserTools(t *testing.T) (modules, chromium string) {
	t.Helper()
	folder := os.Getenv("BROWSER")
	if folder == "" {
		folder = filepath.Join("..", "..", ".build", "browser")
	}
	modules, err := filepath.Abs(filepath.Join(folder, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, "@playwright", "test")); err != nil {
		missing(t, "Playwright", err)
	}
	if chromium, err = exec.LookPath("chromium"); err != nil {
		missing(t, "chromium", err)
	}
	return modules, chromium
}

// browserReport says which specifications failed, and returns how many passed.
func browserReport(t *testing.T, path string) (passed int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("Playwright wrote no report: %v", err)
		return 0
	}
	type suite struct {
		Title  string `json:"title"`
		Suites []json.RawMessage
		Specs  []struct {
			Title string `json:"title"`
			OK    bool   `json:"ok"`
			Tests []struct {
				Status string `json:"status"`
			} `json:"tests"`
		} `json:"specs"`
	}
	var walk func(content []byte)
	walk = func(content []byte) {
		var s suite
		if err := json.NewDecoder(bytes.NewReader(content)).Decode(&s); err != nil {
			t.Error(err)
			return
		}
		for _, inner := range s.Suites {
			walk(inner)
		}
		for _, spec := range s.Specs {
			switch {
			case !spec.OK:
				t.Errorf("%s: %s", s.Title, spec.Title)
			case strings.Contains(spec.Tests[0].Status, "expected"):
				passed++
			}
		}
	}
	walk(content)
	return passed
}

// TestPicturesOfTheConsoleAreSmall looks at the pictures of the documentation: each page of the
// console has one, none is larger than a reader wants to wait for.
func TestPicturesOfTheConsoleAreSmall(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "console.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`images/console-[a-z]+\.png`).FindAllString(string(page), -1)
	if len(names) < 15 {
		t.Errorf("docs/console.md shows %d pictures", len(names))
	}
	for _, name := range names {
		info, err := os.Stat(filepath.Join("..", "..", "docs", filepath.FromSlash(name)))
		if err != nil || info.Size() > 150_000 {
			t.Errorf("%s: %v, or it has more than 150 kB; make it again with PICTURES", name, err)
		}
	}
}

// reducePictures gives every picture in a folder a palette of the colors that it has most often, which
// makes its file a third as large.
func reducePictures(t *testing.T, folder string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "console-*.png"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no picture was made in %s: %v", folder, err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		reduced := image.NewPaletted(picture.Bounds(), mostUsed(picture))
		draw.Draw(reduced, picture.Bounds(), picture, image.Point{}, draw.Src)
		var out bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, reduced); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// mostUsed are the colors that a picture has most often, as many as a palette takes.
func mostUsed(picture image.Image) color.Palette {
	count := map[color.RGBA]int{}
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			count[color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)]++
		}
	}
	all := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := color.Palette{}
	for _, c := range all[:min(len(all), 256)] {
		palette = append(palette, c)
	}
	return palette
}
