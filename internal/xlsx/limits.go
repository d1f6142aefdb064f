package xlsx

// Limits bound what a workbook may make the reader do. A limit that is hit is an [*FormatError] with
// [RuleLimit] that prints the limit.
type Limits struct {
	Entries    int   // entries in the zip archive
	TotalBytes int64 // bytes of all entries together, inflated, as the directory declares them; also of a protected file
	PartBytes  int64 // bytes of one entry, inflated
	Ratio      int64 // inflated bytes to one packed byte, looked at in entries above RatioFrom
	RatioFrom  int64 // inflated bytes up to which an entry may have any ratio
	Depth      int   // XML elements within one another
	RunBytes   int   // bytes of one XML tag, comment or text
	Strings    int   // shared strings of the workbook
	Rows       int   // rows of one sheet
	Cells      int   // cells of one sheet
	RowBytes   int   // bytes of the texts and numbers written within one row
	TextBytes  int64 // bytes of the shared strings in the cells of one sheet, each time they are used
	Merges     int   // merged ranges of one sheet
	Spins      int   // times a protected workbook has its password hashed

	noPlain bool // leaves every byte to the scanner, for the tests
}

// DefaultLimits is 2,048 entries, 1.25 GiB in all, 1 GiB a part, a ratio of 300 above 4 MiB, XML
// depth 64, a tag or text of 1 MiB, 2,000,000 shared strings, 1,048,576 rows, 20,000,000 cells,
// 32 MiB of values written within one row, 512 MiB of shared strings in the cells of a sheet (one
// text of a megabyte could else be shown in every cell), 1,048,576 merged ranges and 1,000,000
// rounds of hashing a password.
func DefaultLimits() Limits {
	return Limits{
		Entries:    2048,
		TotalBytes: 1280 << 20,
		PartBytes:  1 << 30,
		Ratio:      300,
		RatioFrom:  4 << 20,
		Depth:      64,
		RunBytes:   1 << 20,
		Strings:    2_000_000,
		Rows:       maxRows,
		Cells:      20_000_000,
		RowBytes:   32 << 20,
		TextBytes:  512 << 20,
		Merges:     1 << 20,
		Spins:      1_000_000,
	}
}

// The grid of a worksheet, which no setting can widen.
const (
	maxRows    = 1 << 20
	maxColumns = 1 << 14
)
