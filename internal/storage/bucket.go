package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"
)

// Bucket is a store in a bucket of an S3 store, below a prefix.
type Bucket struct {
	client  *minio.Client
	bucket  string
	prefix  string // "" or with a slash at its end
	sse     encrypt.ServerSide
	lock    time.Duration // for which what was released cannot be removed; 0: it can
	address string
}

// quiet is how long a connection may give no answer before the request is made again.
const quiet = 30 * time.Second

func newBucket(ctx context.Context, u *url.URL, getenv func(string) string) (*Bucket, error) {
	query := u.Query()
	client, err := NewClient(query.Get("endpoint"), query.Get("region"), getenv, nil)
	if err != nil {
		return nil, fmt.Errorf("the storage %s: %w", u.Redacted(), err)
	}
	b := &Bucket{client: client, bucket: u.Host, prefix: strings.Trim(u.Path, "/"), address: u.Redacted()}
	if b.prefix != "" {
		b.prefix += "/"
	}
	if b.sse, err = encryption(query.Get("sse")); err != nil {
		return nil, err
	}
	for key := range query {
		if key != "endpoint" && key != "region" && key != "sse" && key != "lock" {
			return nil, fmt.Errorf("the storage has the parameter %q, which is not known; endpoint, region, sse and lock are", key)
		}
	}
	if days := query.Get("lock"); days != "" {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > mostDays {
			return nil, fmt.Errorf("lock of the storage is %q; write for how many days what was released cannot be removed, 1 to %d",
				days, mostDays)
		}
		b.lock = time.Duration(n) * 24 * time.Hour
	}
	there, err := b.client.BucketExists(ctx, b.bucket)
	if err != nil {
		return nil, fmt.Errorf("the storage %s cannot be reached: %w; see whether endpoint and credentials are right",
			b.address, err)
	}
	if !there {
		return nil, fmt.Errorf("the storage %s has no bucket %q; make it, or name another", b.address, b.bucket)
	}
	if b.lock > 0 {
		if _, _, _, _, err := b.client.GetObjectLockConfig(ctx, b.bucket); err != nil {
			return nil, fmt.Errorf("the bucket of the storage %s keeps no locks: %w; make one with object lock, or leave lock out",
				b.address, err)
		}
	}
	return b, nil
}

// mostDays is a hundred years: what is locked by mistake for longer cannot be removed by anyone.
const mostDays = 36525

// LockFor implements [Store].
func (b *Bucket) LockFor() time.Duration { return b.lock }

// lookup is how the bucket is named in requests: by its own host at Amazon, in the path elsewhere.
func lookup(endpoint string) minio.BucketLookupType {
	if strings.HasSuffix(endpoint, "amazonaws.com") {
		return minio.BucketLookupAuto
	}
	return minio.BucketLookupPath
}

// endpointOf is the host of the store and whether it is reached by TLS, as everything is that is not on
// this machine.
func endpointOf(given string, getenv func(string) string) (host string, secure bool, err error) {
	if given == "" {
		given = getenv("AWS_ENDPOINT_URL")
	}
	if given == "" {
		return "s3.amazonaws.com", true, nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", false, errors.New("the endpoint is no address; write it as https://s3.example.org")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && !ip.IsLoopback() {
		return "", false, fmt.Errorf("the endpoint %s is not encrypted; use https, as tenders would be readable "+
			"on the way", u.Host)
	}
	return u.Host, u.Scheme == "https", nil
}

// encryption is how the store is asked to encrypt what is put there.
func encryption(wanted string) (encrypt.ServerSide, error) {
	switch key, kms := strings.CutPrefix(wanted, "kms:"); {
	case wanted == "":
		return nil, nil
	case wanted == "s3":
		return encrypt.NewSSE(), nil
	case kms && key != "":
		return encrypt.NewSSEKMS(key, nil)
	}
	return nil, fmt.Errorf("sse of the storage is %q; write s3, or kms: and the name of a key", wanted)
}

// credentialsFrom are those that the environment names, or else those of the machine.
func credentialsFrom(getenv func(string) string) *credentials.Credentials {
	if id := getenv("AWS_ACCESS_KEY_ID"); id != "" {
		return credentials.NewStaticV4(id, getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN"))
	}
	if file := getenv("AWS_SHARED_CREDENTIALS_FILE"); file != "" {
		return credentials.NewFileAWSCredentials(file, getenv("AWS_PROFILE"))
	}
	return credentials.NewIAM("")
}

// String is the address.
func (b *Bucket) String() string { return b.address }

// key is the name of a content in the bucket.
func (b *Bucket) key(name string) (string, error) { return path.Join(b.prefix, name), checkName(name) }

// Put implements [Store]. Where a store knows no conditional writes it may replace a content of the
// same name; who uses the store gives each content a name of its own, so that is no harm.
func (b *Bucket) Put(ctx context.Context, name string, content io.Reader, bytes int64) error {
	key, err := b.key(name)
	if err != nil {
		return err
	}
	options := minio.PutObjectOptions{ServerSideEncryption: b.sse, ContentType: "application/octet-stream",
		SendContentMd5: true}
	options.SetMatchETagExcept("*")
	info, err := b.client.PutObject(ctx, b.bucket, key, content, bytes, options)
	if again, can := content.(io.Seeker); can && minio.ToErrorResponse(err).StatusCode == http.StatusNotImplemented {
		if _, err := again.Seek(0, io.SeekStart); err != nil {
			return err
		}
		options = minio.PutObjectOptions{ServerSideEncryption: b.sse, ContentType: options.ContentType, SendContentMd5: true}
		info, err = b.client.PutObject(ctx, b.bucket, key, content, bytes, options)
	}
	if err == nil && info.Size != bytes {
		err = fmt.Errorf("%d bytes were kept of %d", info.Size, bytes)
	}
	return b.fault(name, err)
}

// Open implements [Store]. A body that ends early is an error of the reader.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	key, err := b.key(name)
	if err != nil {
		return nil, err
	}
	object, err := b.client.GetObject(ctx, b.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.fault(name, err)
	}
	if _, err := object.Stat(); err != nil {
		_ = object.Close() // the error before says what is wrong
		return nil, b.fault(name, err)
	}
	return object, nil
}

// Stat implements [Store].
func (b *Bucket) Stat(ctx context.Context, name string) (Info, error) {
	key, err := b.key(name)
	if err != nil {
		return Info{}, err
	}
	info, err := b.client.StatObject(ctx, b.bucket, key, minio.StatObjectOptions{})
	return Info{Name: name, Bytes: info.Size, At: info.LastModified}, b.fault(name, err)
}

// List implements [Store].
func (b *Bucket) List(ctx context.Context, prefix string, do func(Info) error) error {
	ctx, stop := context.WithCancel(ctx) // ends the listing if do does
	defer stop()
	for o := range b.client.ListObjects(ctx, b.bucket, minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true}) {
		if o.Err != nil {
			return b.fault(prefix, o.Err)
		}
		if err := do(Info{Name: strings.TrimPrefix(o.Key, b.prefix), Bytes: o.Size, At: o.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Remove implements [Store].
func (b *Bucket) Remove(ctx context.Context, name string) error {
	key, err := b.key(name)
	if err != nil {
		return err
	}
	return b.fault(name, b.client.RemoveObject(ctx, b.bucket, key, minio.RemoveObjectOptions{}))
}

// Protect implements [Store] by object lock, in the mode that not even an administrator can end.
func (b *Bucket) Protect(ctx context.Context, name string, until time.Time) error {
	key, err := b.key(name)
	if err != nil {
		return err
	}
	mode := minio.Compliance
	err = b.client.PutObjectRetention(ctx, b.bucket, key, minio.PutObjectRetentionOptions{Mode: &mode, RetainUntilDate: &until})
	if code := minio.ToErrorResponse(err).Code; err != nil && (code == "InvalidRequest" || code == "NotImplemented" ||
		code == "InvalidBucketObjectLockConfiguration" || code == "ObjectLockConfigurationNotFoundError") {
		return fmt.Errorf("%s: %w: %w", b.address, errors.ErrUnsupported, err)
	}
	return b.fault(name, err)
}

// fault is an error of the store, by which a caller knows what to do.
func (b *Bucket) fault(name string, err error) error {
	if err == nil {
		return nil
	}
	switch r := minio.ToErrorResponse(err); {
	case r.Code == "NoSuchKey" || (r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket"):
		return fmt.Errorf("%s%s: %w", b.prefix, name, fs.ErrNotExist)
	case r.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%s: %w", name, ErrThere)
	}
	return fmt.Errorf("the storage %s, %s: %w", b.address, name, err)
}

// Passes reports whether an error of a store may pass, as when it is overloaded.
func Passes(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && (answer.StatusCode == 0 || answer.StatusCode >= http.StatusInternalServerError ||
		answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusConflict) // another put goes on
}
