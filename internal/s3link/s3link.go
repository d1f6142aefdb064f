// Package s3link reads and writes what others share in a bucket of an S3 store: objects directly below a prefix. Nothing
// is ever changed, replaced or removed there.
package s3link

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"tenderbatch/internal/idleconn"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/storage"
)

// Folder are the objects below a prefix.
type Folder struct {
	At string // for people

	client *minio.Client
	watch  *idleconn.Watch
	bucket string
	prefix string // "" or with a slash at its end
}

// Object is what a store says of an object. It appears whole, and what replaces it has another tag.
type Object struct {
	Name     string // below the prefix
	Size     int64
	Modified time.Time
	Tag      string // the entity tag of its content
}

// ErrChanged says that an object was replaced since it was listed.
var ErrChanged = errors.New("it was replaced since it was listed")

// refusedError says that the store, or what the settings name, does not let us in. It lasts until a person does something.
type refusedError struct{ error }

// NeedsPerson says so.
func (*refusedError) NeedsPerson() bool { return true }

// Unwrap returns why.
func (e *refusedError) Unwrap() error { return e.error }

// Address is a place in a store, for people and for the history.
func Address(to settings.S3) string {
	endpoint := to.Endpoint
	if endpoint == "" {
		endpoint = "Amazon S3"
	}
	return fmt.Sprintf("s3://%s/%s on %s", to.Bucket, to.Prefix, endpoint)
}

// Open is a place in a store. Nothing is asked of it yet.
func Open(to settings.S3, getenv func(string) string) (*Folder, error) {
	f := &Folder{At: Address(to), bucket: to.Bucket, prefix: strings.Trim(to.Prefix, "/")}
	if f.prefix != "" {
		f.prefix += "/"
	}
	f.watch = idleconn.NewWatch("the store")
	var err error
	if f.client, err = storage.NewClient(to.Endpoint, to.Region, environment(to, getenv), f.watch.Count); err != nil {
		return nil, &refusedError{err}
	}
	if to.AccessKeyEnv != "" && (getenv(to.AccessKeyEnv) == "" || getenv(to.SecretKeyEnv) == "") {
		return nil, &refusedError{fmt.Errorf("the key for %s is not set; set the environment variables %s and %s", f.At, to.AccessKeyEnv,
			to.SecretKeyEnv)}
	}
	return f, nil
}

// environment looks up the usual variables under the names that the settings give them. The endpoint of the offers' own
// storage is not that of others.
func environment(to settings.S3, getenv func(string) string) func(string) string {
	return func(name string) string {
		switch {
		case name == "AWS_ENDPOINT_URL", name == "AWS_SESSION_TOKEN" && to.AccessKeyEnv != "":
			return ""
		case name == "AWS_ACCESS_KEY_ID" && to.AccessKeyEnv != "":
			return getenv(to.AccessKeyEnv)
		case name == "AWS_SECRET_ACCESS_KEY" && to.AccessKeyEnv != "":
			return getenv(to.SecretKeyEnv)
		}
		return getenv(name)
	}
}

// wait begins to wait for an answer: the context ends, with the reason as its cause, if the store is too slow.
func (f *Folder) wait(ctx context.Context) (_ context.Context, done func()) {
	ctx, end := context.WithCancelCause(ctx)
	stop := f.watch.Wait(end)
	return ctx, func() { stop(); end(nil) }
}

// List lists the objects directly below the prefix. A store gives them in parts, each of which is an answer.
func (f *Folder) List(ctx context.Context) (all []Object, err error) {
	ctx, done := f.wait(ctx)
	defer done()
	for o := range f.client.ListObjects(ctx, f.bucket, minio.ListObjectsOptions{Prefix: f.prefix}) {
		f.watch.Answered()
		if o.Err != nil {
			return nil, f.fault(ctx, "be listed", o.Err)
		}
		if name := strings.TrimPrefix(o.Key, f.prefix); name != "" && !strings.Contains(name, "/") {
			all = append(all, Object{Name: name, Size: o.Size, Modified: o.LastModified.UTC(), Tag: o.ETag})
		}
	}
	if err := context.Cause(ctx); err != nil {
		return nil, f.fault(ctx, "be listed", err)
	}
	return all, nil
}

// Read reads an object of at most so many bytes: [ErrChanged] unless it has the tag, fs.ErrNotExist if it is not there.
// With the tag "" any will do.
func (f *Folder) Read(ctx context.Context, name, tag string, most int64) (content []byte, err error) {
	content, _, err = f.read(ctx, name, tag, most)
	return content, err
}

func (f *Folder) read(ctx context.Context, name, tag string, most int64) (content []byte, info minio.ObjectInfo, err error) {
	ctx, done := f.wait(ctx)
	defer done()
	var options minio.GetObjectOptions
	if tag != "" {
		if err := options.SetMatchETag(tag); err != nil {
			return nil, info, err
		}
	}
	object, err := f.client.GetObject(ctx, f.bucket, f.prefix+name, options)
	if err != nil {
		return nil, info, f.fault(ctx, "be read: "+name, err)
	}
	defer object.Close()
	if info, err = object.Stat(); err != nil {
		return nil, info, f.fault(ctx, "be read: "+name, err)
	}
	if info.Size > most {
		return nil, info, fmt.Errorf("%s in %s has %d bytes, more than %d", name, f.At, info.Size, most)
	}
	if content, err = io.ReadAll(io.LimitReader(object, most+1)); err != nil {
		return nil, info, f.fault(ctx, "be read: "+name, err)
	}
	if int64(len(content)) != info.Size {
		return nil, info, f.fault(ctx, "be read: "+name, io.ErrUnexpectedEOF)
	}
	return content, info, nil
}

// What an object says of itself: the digest of its content, and of what it was made of.
const (
	digestKey = "Batch-Sha256"
	ofKey     = "Batch-Of"
)

// lookAgain are the pauses before looking again for what the store says is there already and does not give yet.
var lookAgain = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second, 3 * time.Second}

// Put writes an object, unless there is one of its name, and reads it back. of is the digest of what it was made of: what
// is encrypted or signed differs each time. One of the name that an earlier try left, of the same, stays and is no error;
// any other is.
func (f *Folder) Put(ctx context.Context, name string, content []byte, of string) error {
	there, err := f.isThere(ctx, name, content, of)
	if there || err != nil {
		return err
	}
	for try := 0; ; try++ {
		wrote, err := f.putOnce(ctx, name, content, of)
		if err != nil {
			return err
		}
		there, err := f.isThere(ctx, name, content, of)
		switch {
		case there || err != nil:
			return err
		case wrote:
			return fmt.Errorf("%s was written to %s, and is not there", name, f.At)
		case try == len(lookAgain):
			return fmt.Errorf("%s cannot be written: %s: the store says that another one writes it, and nothing comes to be there",
				f.At, name)
		}
		select {
		case <-ctx.Done():
			return f.fault(ctx, "be written: "+name, ctx.Err())
		case <-time.After(lookAgain[try]):
		}
	}
}

// putOnce writes an object unless there is one of its name. It wrote nothing, and that is no error, if the store says that
// another one was as fast: the other's may not be there yet, and may come to nothing.
func (f *Folder) putOnce(ctx context.Context, name string, content []byte, of string) (wrote bool, err error) {
	ctx, done := f.wait(ctx)
	defer done()
	options := minio.PutObjectOptions{ContentType: "application/octet-stream", SendContentMd5: true, DisableMultipart: true,
		UserMetadata: map[string]string{digestKey: digestOf(content), ofKey: of}}
	options.SetMatchETagExcept("*")
	_, err = f.client.PutObject(ctx, f.bucket, f.prefix+name, bytes.NewReader(content), int64(len(content)), options)
	switch minio.ToErrorResponse(err).StatusCode {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return false, nil
	case http.StatusNotImplemented:
		return false, &refusedError{fmt.Errorf("%s knows no conditional writes (If-None-Match), so a file there could be replaced; "+
			"nothing was written. Use a store that knows them, or another way", f.At)}
	}
	if err != nil {
		return false, f.fault(ctx, "be written: "+name, err)
	}
	return true, nil
}

// isThere reports whether an object is there as it is to be; an error if another one is.
func (f *Folder) isThere(ctx context.Context, name string, content []byte, of string) (bool, error) {
	most := int64(len(content)) + mostMore
	is, info, err := f.read(ctx, name, "", most)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil && info.Size <= most:
		return false, err
	case err == nil && bytes.Equal(is, content):
		return true, nil
	case err == nil && of != "" && info.UserMetadata[ofKey] == of && info.UserMetadata[digestKey] == digestOf(is):
		return true, nil
	}
	return false, fmt.Errorf("there is a %s already in %s that is of something else; find out who put it there, and move it away",
		name, f.At)
}

// mostMore is by how many bytes two encryptions or signatures of the same may differ at most.
const mostMore = 64 << 10

func digestOf(content []byte) string {
	is := sha256.Sum256(content)
	return hex.EncodeToString(is[:])
}

// lasts reports whether an answer does not pass by itself: the store refuses what was asked. Codes differ between stores.
func lasts(said minio.ErrorResponse) bool {
	passing := []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests}
	return said.StatusCode >= 300 && said.StatusCode < 500 && !slices.Contains(passing, said.StatusCode)
}

// fault is an error of the store, or that the context of the request ended.
func (f *Folder) fault(ctx context.Context, what string, err error) error {
	err = cmp.Or(context.Cause(ctx), err)
	said, untrusted, named := minio.ToErrorResponse(err), new(x509.UnknownAuthorityError), new(x509.HostnameError)
	switch {
	case said.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%s: %w", f.At, ErrChanged)
	case said.Code == "NoSuchKey":
		return fmt.Errorf("%s: %w", f.At, fs.ErrNotExist)
	case lasts(said):
		return &refusedError{fmt.Errorf("%s cannot %s: the store says %s (%s); see whether bucket, endpoint, region and key are right, and "+
			"what the key may do", f.At, what, said.Code, said.Message)}
	case errors.As(err, untrusted), errors.As(err, named):
		return &refusedError{fmt.Errorf("%s cannot %s: its certificate is not trusted: %w", f.At, what, err)}
	}
	return fmt.Errorf("%s cannot %s: %w", f.At, what, err)
}
