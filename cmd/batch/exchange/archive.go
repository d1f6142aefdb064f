package exchange

import (
	"fmt"

	"github.com/spf13/cobra"

	"tenderbatch/internal/display"
	"tenderbatch/internal/identity"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/release"
	"tenderbatch/internal/sealed"
	"tenderbatch/internal/tender"
)

func newArchive(w World) *cobra.Command {
	var to, config string
	c := &cobra.Command{
		Use:   "archive OFFER",
		Short: "Write an offer as one sealed file, to be kept",
		Long: `archive writes the offer in the folder OFFER as one file: its terms, accounts, reports, runs, released
runs, history, and what came and was kept apart, with a manifest that has the digest of each file. The
manifest is signed with the PGP key that the settings name (pgp: key_file). An offer whose history or runs
are not as they were written is not archived. The same offer gives the same bytes, save the signature.
batch verify-archive checks the file without the offer; tar --zstd -xf unpacks it, and sha256sum -c
SHA256SUMS in its folder checks the files without batch. Nothing of the offer is changed or deleted.`,
		Example: `  batch archive level3-2004 --to /archive/level3-2004.tar.zst`,
		Args:    exactly("OFFER"),
		RunE: func(c *cobra.Command, args []string) error {
			set, err := settingsFor(args[0], config)
			if err != nil {
				return err
			}
			req := sealed.Request{Folder: args[0], To: to, Version: w.Version, Wait: lockWait, Now: w.Now(), Disk: w.Disk}
			if req.Signers, err = identity.SignersOf(set); err != nil {
				return err
			}
			if key := set.PGP; key.KeyFile != "" {
				if req.Own, err = pgp.ReadOwn(key.KeyFile, w.Getenv(key.PassphraseEnv)); err != nil {
					return &offerfolder.UsageError{Message: fmt.Sprintf("pgp.key_file: %v", err)}
				}
			}
			written, err := sealed.Seal(c.Context(), req)
			if err != nil {
				return err
			}
			return w.sayArchived(written)
		},
	}
	c.Flags().StringVar(&to, "to", "", "write this `FILE` (default: the id of the offer with .tar.zst, here)")
	c.Flags().StringVar(&config, "config", "", "the settings in this `FILE` (default: batch.yaml beside the offer's "+
		"folder, or in it)")
	return c
}

func (w World) sayArchived(a *sealed.Written) error {
	warn := &printer{to: w.Stderr}
	if a.SignedBy == "" {
		warn.linef("warning: the archive is not signed, so who has it can change it and compute its digests again; name a " +
			"key under pgp: key_file in batch.yaml, or keep the SHA-256 of the file elsewhere")
	}
	if a.Unproven > 0 {
		warn.linef("warning: %s not proven, as no keys are known; name them under signers in batch.yaml",
			display.Plural(a.Unproven, "signature of an approval is", "signatures of approvals are"))
	}
	p := &printer{to: w.Stdout}
	p.linef("%s: offer %s, %s; the history ends with entry %d", a.File, a.Offer,
		display.Plural(len(a.Files), "file", "files"), a.History.Entries)
	p.linef("  last entry  %s", a.History.Last)
	if a.SignedBy != "" {
		p.linef("  signed by   %s", a.SignedBy)
	}
	for _, l := range a.LeftOut {
		p.linef("  left out    %s %s", l.Name, l.Why)
	}
	return p.err
}

func newVerifyArchive(w World) *cobra.Command {
	var keys []string
	var allowed string
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify-archive FILE",
		Short: "Check an archive by itself",
		Long: `verify-archive checks an archive that batch archive wrote, without the offer, a database or settings:
that it is whole, that it holds each file with the digest in its manifest and nothing else, and that the
history in it and every run hold, as batch runs --verify does. It is unpacked into a temporary folder (TMPDIR)
meanwhile. With --key it must be signed with one of these keys. If anything was altered, the exit code is 6.`,
		Example: `  batch verify-archive level3-2004.tar.zst --key archive-key.asc`,
		Args:    exactly("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			known := sealed.Keys{Now: w.Now()}
			var err error
			if len(keys) > 0 {
				if known.Archive, err = pgp.ReadKeys(keys); err != nil {
					return &offerfolder.UsageError{Message: fmt.Sprintf("--key: %v", err)}
				}
			}
			if known.Approvals, err = signersIn(allowed); err != nil {
				return err
			}
			report, err := sealed.Verify(c.Context(), args[0], known)
			if err != nil {
				return err
			}
			if asJSON {
				err = w.sayJSON(report)
			} else {
				err = w.sayVerified(report)
			}
			if n := len(report.Findings); err == nil && n > 0 {
				err = &tender.ControlError{Rule: "R16", Message: fmt.Sprintf("the archive is not as it was written: %s",
					display.Plural(n, "finding", "findings"))}
			}
			return err
		},
	}
	c.Flags().StringArrayVar(&keys, "key", nil, "the archive must be signed with the PGP key in this `FILE`; repeat it "+
		"for several")
	c.Flags().StringVar(&allowed, "allowed-signers", "", "signatures of approvals must be by the keys in this `FILE`, "+
		"which is as OpenSSH's allowed signers")
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// signersIn are the people whose keys are in a file, none if that is not named.
func signersIn(file string) (release.Signers, error) {
	if file == "" {
		return release.Signers{}, nil
	}
	return identity.SignersIn(file)
}

func (w World) sayVerified(r *sealed.Report) error {
	p, warn := &printer{to: w.Stdout}, &printer{to: w.Stderr}
	for _, f := range r.Findings {
		p.linef("%s", f)
	}
	if len(r.Findings) > 0 {
		return p.err
	}
	switch r.Signature {
	case sealed.Unsigned:
		warn.linef("warning: the archive is not signed: nothing but its digest says that it is the one that was written")
	case sealed.Unproven:
		warn.linef("warning: the signature is not proven; name the key of who sealed the archive with --key")
	}
	if r.Approvals > 0 {
		warn.linef("warning: %s not proven; name the keys with --allowed-signers",
			display.Plural(r.Approvals, "signature of an approval is", "signatures of approvals are"))
	}
	p.linef("%s: offer %s, %s; every file, every run and the history are as they were archived", r.File, r.Offer,
		display.Plural(r.Files, "file", "files"))
	p.linef("  sha-256     %s", r.SHA256)
	p.linef("  last entry  %d, %s", r.History.Entries, r.History.Last)
	if r.SignedBy != "" {
		p.linef("  signed by   %s (%s)", r.SignedBy, r.Signature)
	}
	for _, l := range r.LeftOut {
		p.linef("  left out    %s %s", l.Name, l.Why)
	}
	return p.err
}
