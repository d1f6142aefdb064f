package delivery

import (
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"tenderbatch/internal/pgp/pgptest"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink/sshtest"
)

// bucket is a bucket of a real S3 server, as who is to have the runs sees it.
type bucket struct {
	t *testing.T
	servertest.Bucket
	client *minio.Client
}

// newBucketHouse is an offer with a released run that goes to a bucket.
func newBucketHouse(t *testing.T) (*house, bucket) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an S3 server")
	}
	b := servertest.S3(t)
	client, err := minio.New(strings.TrimPrefix(b.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(b.Env["AWS_ACCESS_KEY_ID"], b.Env["AWS_SECRET_ACCESS_KEY"], "")})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, settings.Delivery{Name: "agent", S3: settings.S3{Bucket: b.Name, Prefix: "in", Endpoint: b.Endpoint, Region: "us-east-1"}})
	h.c.Getenv = b.Getenv
	return h, bucket{t, b, client}
}

func (b bucket) read(key string) []byte {
	b.t.Helper()
	o, err := b.client.GetObject(b.t.Context(), b.Name, key, minio.GetObjectOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	defer o.Close()
	content, err := io.ReadAll(o)
	if err != nil {
		b.t.Fatalf("%s: %v", key, err)
	}
	return content
}

func (b bucket) put(key, content string) {
	b.t.Helper()
	_, err := b.client.PutObject(b.t.Context(), b.Name, key, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b bucket) remove(key string) {
	b.t.Helper()
	if err := b.client.RemoveObject(b.t.Context(), b.Name, key, minio.RemoveObjectOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// keys are the objects of the bucket and when each was written.
func (b bucket) keys() map[string]time.Time {
	b.t.Helper()
	all := map[string]time.Time{}
	for o := range b.client.ListObjects(b.t.Context(), b.Name, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			b.t.Fatal(o.Err)
		}
		all[o.Key] = o.LastModified
	}
	return all
}

func TestSentToABucket(t *testing.T) {
	h, b := newBucketHouse(t)
	h.want(Delivered, "")
	base := "in/small-" + h.run
	h.checkPackage(b.read(base+".manifest.json"), b.read(base+".zip"))
	if got := b.keys(); len(got) != 2 {
		t.Errorf("the bucket has %v", got)
	}
	b.remove(base + ".zip")
	h.want(Before, "")
	if got := b.keys(); len(got) != 1 || h.noted() != "delivered" {
		t.Errorf("the bucket has %v; the history: %s", got, h.noted())
	}
}

// TestSentToABucketInSteps has a try end before the manifest was written. What is encrypted and signed differs at each try,
// and what an earlier one left stays as it is.
func TestSentToABucketInSteps(t *testing.T) {
	h, b := newBucketHouse(t)
	us, agent := pgptest.New(t, "batch@example.com", "0"), pgptest.New(t, "agent@example.com", "0")
	agent.Know(us)
	h.c.Settings.PGP.KeyFile = us.Private()
	h.c.Settings.Deliveries[0].EncryptTo = []string{agent.Public()}
	h.now = time.Now().Add(time.Minute) // keys are not older than the test
	h.c.Run = h.run
	h.want(Delivered, "")
	base := "in/small-" + h.run
	first := b.keys()
	if len(first) != 3 {
		t.Fatalf("the bucket has %v", first)
	}
	b.remove(base + ".manifest.json")
	time.Sleep(1100 * time.Millisecond)
	h.c.Settings.Deliveries[0].Name = "agent-2" // of which the history knows nothing
	h.want(Delivered, "")
	for key, at := range b.keys() {
		if written := !at.Equal(first[key]); written != strings.HasSuffix(key, ".manifest.json") {
			t.Errorf("%s was written again: %v", key, written)
		}
	}
	if err := agent.Verify(b.read(base+".manifest.json"), b.read(base+".manifest.json.asc")); err != nil {
		t.Errorf("the signature of the manifest: %v", err)
	}
	archive, said := agent.Open(b.read(base + ".zip.pgp"))
	if !strings.Contains(said, "GOODSIG") {
		t.Errorf("GnuPG says %s", said)
	}
	h.checkPackage(b.read(base+".manifest.json"), archive)
}

func TestNothingInABucketIsReplaced(t *testing.T) {
	for _, name := range []string{".zip", ".manifest.json"} {
		h, b := newBucketHouse(t)
		key := "in/small-" + h.run + name
		b.put(key, "{}")
		h.want(Failed, "already")
		if got := b.read(key); string(got) != "{}" {
			t.Errorf("%s was replaced", key)
		}
		b.remove(key)
		h.want(Delivered, "")
		if got := h.noted(); got != "undelivered delivered" {
			t.Errorf("the history: %s", got)
		}
	}
}

func TestABucketThatCannotBeWritten(t *testing.T) {
	h, b := newBucketHouse(t)
	d := &h.c.Settings.Deliveries[0]
	was := d.S3
	d.S3.Bucket = "no-such-bucket"
	h.want(Failed, "the store says NoSuchBucket")
	d.S3 = was
	h.c.Getenv = func(name string) string { return b.Getenv(name) + "x" }
	h.want(Failed, "see whether bucket, endpoint, region and key are right")
	h.c.Getenv = b.Getenv
	u, err := url.Parse(b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	to, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	port, cuts := sshtest.Cut(t, to, 4_000)
	d.S3.Endpoint = "http://127.0.0.1:" + strconv.Itoa(port)
	if r := h.deliver(); r[0].State != Failed || cuts.Load() == 0 {
		t.Fatalf("%+v, %d cuts", r, cuts.Load())
	}
	for key := range b.keys() {
		t.Errorf("%s is left over", key)
	}
	d.S3 = was
	h.want(Delivered, "")
}
