package shared

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
)

// Entries are the entries of an offer's history after one, without its mirror.
func (s *Offers) Entries(ctx context.Context, name string, after int64) ([]ledger.Entry, error) {
	rows, err := readRows(ctx, s.pool, name, after)
	if err != nil {
		return nil, err
	}
	return entriesOf(rows)
}

// Made is when an offer was first brought here.
func (s *Offers) Made(ctx context.Context, name string) (made time.Time, err error) {
	err = s.pool.QueryRow(ctx, "SELECT made FROM batch_offer WHERE name = $1", name).Scan(&made)
	return made, err
}

// Terms are the offer.yaml of an offer, without its mirror, and its digest.
func (s *Offers) Terms(ctx context.Context, name string) (content []byte, digest string, err error) {
	var f file
	var token string
	err = s.pool.QueryRow(ctx, `SELECT sha256, bytes, token FROM batch_file JOIN batch_content USING (offer, sha256)
		WHERE offer = $1 AND path = $2`, name, offerfolder.OfferName).Scan(&f.sha256, &f.bytes, &token)
	if err != nil {
		return nil, "", err
	}
	kept, err := s.config.Store.Open(ctx, keyOf(name, token, f.sha256))
	if err != nil {
		return nil, "", err
	}
	defer kept.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(kept, f.bytes+1)); err != nil {
		return nil, "", err
	}
	content = []byte(b.String())
	if offerfolder.DigestOf(content) != f.sha256 {
		return nil, "", fmt.Errorf("%s: %w", offerfolder.OfferName, errContent)
	}
	return content, f.sha256, nil
}
