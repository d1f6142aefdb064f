package sealed

import (
	"archive/tar"
	"cmp"
	"io"
	"slices"
	"time"

	"tenderbatch/internal/ledger"
)

// member is a file or a link of the offer in an archive.
type member struct {
	name string // below offer/
	file *ledger.File
	link *Link
}

// members are what a manifest names, in the order of an archive.
func (m *Manifest) members() []member {
	all := make([]member, 0, len(m.Files)+len(m.Links))
	for i := range m.Files {
		all = append(all, member{name: m.Files[i].Name, file: &m.Files[i]})
	}
	for i := range m.Links {
		all = append(all, member{name: m.Links[i].Name, link: &m.Links[i]})
	}
	slices.SortFunc(all, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	return all
}

// packer writes the tar archive of an offer.
type packer struct {
	tar *tar.Writer
	top string
	at  time.Time
}

func newPacker(to io.Writer, m *Manifest) packer {
	return packer{tar.NewWriter(to), top(m.Offer), m.History.At.UTC().Truncate(time.Second)}
}

// head begins a member. What follows from its name, size and kind is all that a header has.
func (p packer) head(name string, size int64, to string) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: p.top + "/" + name, Size: size, Mode: 0o640, ModTime: p.at,
		Format: tar.FormatPAX}
	if to != "" {
		h.Typeflag, h.Linkname, h.Size, h.Mode = tar.TypeSymlink, to, 0, 0o777
	}
	return p.tar.WriteHeader(h)
}

// small writes a member that is held in memory.
func (p packer) small(name string, content []byte) error {
	err := p.head(name, int64(len(content)), "")
	if err == nil {
		_, err = p.tar.Write(content)
	}
	return err
}
