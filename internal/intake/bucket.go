package intake

import (
	"context"
	"errors"

	"tenderbatch/internal/s3link"
	"tenderbatch/internal/settings"
)

// bucket are the objects below a prefix in an S3 store. An object appears in it whole.
type bucket struct {
	*s3link.Folder
	ctx context.Context // of the look
}

func (l *look) openBucket(ctx context.Context, c settings.Channel) (source, error) {
	folder, err := s3link.Open(c.S3, l.Getenv)
	if err != nil {
		return nil, err
	}
	return &bucket{folder, ctx}, nil
}

func (b *bucket) sender() string { return b.At }

func (*bucket) close() error { return nil }

func (b *bucket) list() (all []item, err error) {
	found, err := b.List(b.ctx)
	for _, o := range found {
		all = append(all, item{name: o.Name, size: o.Size, modified: o.Modified, tag: o.Tag, whole: true})
	}
	return all, err
}

func (b *bucket) read(i item, most int64) ([]*arrival, error) {
	a := &arrival{name: i.name, sender: b.At}
	var err error
	if a.content, err = b.Read(b.ctx, i.name, i.tag, most); errors.Is(err, s3link.ErrChanged) {
		return nil, &changedError{i.name}
	}
	if err != nil {
		return nil, err
	}
	return []*arrival{a}, beside(a, i, func(name string, most int64) ([]byte, error) { return b.Read(b.ctx, name, "", most) })
}
