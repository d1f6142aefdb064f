// Package storage keeps contents under names, in a folder or in a bucket of an S3 store.
//
// A content is put once under a name and never changed. Names are slash-separated and have
// no dots for parents; who names a content by its digest compares what they open with it.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"time"
)

// Info describes a content.
type Info struct {
	Name  string
	Bytes int64
	At    time.Time // when it was put there, by the store's clock
}

// ErrThere says that there is a content of that name already.
var ErrThere = errors.New("there is a content of that name already")

// Store keeps contents. Its errors are [fs.ErrNotExist] for a name that is not there, [ErrThere]
// for one that is, and else those of the file system or the network, most of which pass.
type Store interface {
	// Put keeps a content of so many bytes under a name that must be new. After an error
	// nothing is there under it, or all of it.
	Put(ctx context.Context, name string, content io.Reader, bytes int64) error
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	Stat(ctx context.Context, name string) (Info, error)
	// List calls do for every content whose name begins with a prefix, in the order of their names.
	List(ctx context.Context, prefix string, do func(Info) error) error
	// Remove removes a content; one that is not there is no error.
	Remove(ctx context.Context, name string) error
	// Protect has the store refuse to remove or replace a content until a time. It is
	// [errors.ErrUnsupported] where the store cannot.
	Protect(ctx context.Context, name string, until time.Time) error
	// LockFor is for how long what was released is to be protected; 0: it is not.
	LockFor() time.Duration
	// String is the address, without secrets.
	String() string
}

// Open is the store at an address: a folder, or s3://BUCKET/PREFIX, with what is beside the usual in
// ?endpoint=https://HOST&region=…&sse=s3 or sse=kms:KEY&lock=DAYS. Credentials come from getenv, as
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or from the file that
// AWS_SHARED_CREDENTIALS_FILE names, or from the machine's role; never from the address.
func Open(ctx context.Context, address string, getenv func(string) string) (Store, error) {
	if !strings.Contains(address, "://") {
		return NewFolder(address)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the storage is no address: write a folder, or s3://BUCKET/PREFIX")
	case u.User != nil:
		return nil, errors.New("the storage has a password in its address, which others on the machine can read; put it into " +
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Scheme != "s3" || u.Host == "":
		return nil, fmt.Errorf("the storage %s is not known: write a folder, or s3://BUCKET/PREFIX", u.Redacted())
	}
	return newBucket(ctx, u, getenv)
}

// checkName is an error for a name that could lead elsewhere.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("internal error: %q is no name of a content; please report it", name)
	}
	return nil
}
