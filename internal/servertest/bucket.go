package servertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

var bucketServer server

// bucketScript serves a folder of its own as an S3 store, and removes it at the end.
const bucketScript = `
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/batch-s3-XXXXXX")
mkdir "$dir/data" "$dir/meta"
"$VERSITYGW" --quiet --access batch --secret batch-secret --port "127.0.0.1:$PORT" posix --sidecar "$dir/meta" "$dir/data" \
	</dev/null >"$dir/log" 2>&1 &
trap "kill $! 2>/dev/null || true; rm -rf '$dir'" EXIT
echo "$dir"
cat >/dev/null || true
`

// buildGateway builds the S3 server, which is a tool of a module of its own, so that what it is made of is not among
// what the program is made of.
var buildGateway = sync.OnceValues(func() (path string, err error) {
	_, here, _, _ := runtime.Caller(0)
	c := exec.Command("go", "tool", "-n", "versitygw")
	c.Dir = filepath.Join(filepath.Dir(here), "s3")
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the S3 server was not built: %w\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
})

var buckets atomic.Int64

// Bucket is an empty bucket of its own: the address of its S3 server, its name, and the environment with which it
// is used.
type Bucket struct {
	Endpoint string // http://127.0.0.1:PORT
	Name     string
	Env      map[string]string
}

// Address is the address of the bucket for [storage.Open].
func (b Bucket) Address() string { return "s3://" + b.Name + "/prefix?endpoint=" + b.Endpoint }

// Getenv looks up the environment.
func (b Bucket) Getenv(name string) string { return b.Env[name] }

// S3 is an empty bucket.
func S3(t testing.TB) Bucket { return newBucket(t, minio.MakeBucketOptions{}) }

// S3WithLock is an empty bucket whose contents can be locked.
func S3WithLock(t testing.TB) Bucket {
	return newBucket(t, minio.MakeBucketOptions{ObjectLocking: true})
}

var port = sync.OnceValues(freePort)

func newBucket(t testing.TB, options minio.MakeBucketOptions) Bucket {
	t.Helper()
	program, err := buildGateway()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	at, err := port()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucketServer.start(bucketScript, "VERSITYGW="+program, "PORT="+strconv.Itoa(at), "TMPDIR="+os.TempDir()); err != nil {
		t.Fatal(err)
	}
	b := Bucket{Endpoint: fmt.Sprintf("http://127.0.0.1:%d", at), Name: fmt.Sprintf("bucket%d", buckets.Add(1)),
		Env: map[string]string{"AWS_ACCESS_KEY_ID": "batch", "AWS_SECRET_ACCESS_KEY": "batch-secret"}}
	Await(t, "the S3 server answers", func() bool {
		answer, err := http.Get(b.Endpoint)
		return err == nil && answer.Body.Close() == nil
	})
	client, err := minio.New(strings.TrimPrefix(b.Endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4("batch", "batch-secret", "")})
	if err == nil {
		err = client.MakeBucket(context.Background(), b.Name, options)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Through is the address of a proxy before the server of a bucket that does what it is asked to with each request.
func (b Bucket) Through(t testing.TB, do func(w http.ResponseWriter, r *http.Request, on http.Handler)) string {
	t.Helper()
	to, err := url.Parse(b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	on := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { do(w, r, on) }))
	t.Cleanup(s.Close)
	return s.URL
}
