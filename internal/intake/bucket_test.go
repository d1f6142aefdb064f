package intake

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"tenderbatch/internal/servertest"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink/sshtest"
)

// store is a bucket of a real S3 server, as a depositary writes to it.
type store struct {
	t      *testing.T
	bucket servertest.Bucket
	client *minio.Client
}

// newBucketDesk is an offer whose channel is a prefix of a bucket.
func newBucketDesk(t *testing.T) (*desk, store) {
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
	d := newDesk(t)
	env := map[string]string{"THEIR_KEY": b.Env["AWS_ACCESS_KEY_ID"], "THEIR_SECRET": b.Env["AWS_SECRET_ACCESS_KEY"],
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_SESSION_TOKEN": "of another store"}
	d.c.Getenv = func(name string) string { return env[name] }
	d.c.Settings.Intake.Channels = []settings.Channel{{Name: "dtc", From: []string{"DTC"}, S3: settings.S3{Bucket: b.Name, Prefix: "out",
		Endpoint: b.Endpoint, Region: "us-east-1", AccessKeyEnv: "THEIR_KEY", SecretKeyEnv: "THEIR_SECRET"}}}
	return d, store{t, b, client}
}

func (d *desk) s3() *settings.S3 { return &d.c.Settings.Intake.Channels[0].S3 }

func (s store) put(key, content string) {
	s.t.Helper()
	_, err := s.client.PutObject(s.t.Context(), s.bucket.Name, key, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
}

// keys are the objects of the bucket.
func (s store) keys() (all []string) {
	s.t.Helper()
	for o := range s.client.ListObjects(s.t.Context(), s.bucket.Name, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			s.t.Fatal(o.Err)
		}
		all = append(all, o.Key)
	}
	return all
}

func TestFilesFromABucket(t *testing.T) {
	d, s := newBucketDesk(t)
	if r := d.fetch(); len(r.Files) > 0 || len(r.Faults) > 0 {
		t.Fatalf("of an empty bucket: %+v", r)
	}
	s.put("out/dtc-2004-11-12.csv", report)
	s.put("out/below/dtc-2004-11-13.csv", report)
	s.put("elsewhere/dtc-2004-11-14.csv", report)
	s.put("out/strange.csv", report)
	s.put("out/dtc-2004-11-15.csv.part", report)
	s.put("out/dtc-2004-11-16.csv", report+"4,037833100,1000\n")
	s.put("out/dtc-2004-11-16.csv.sha256", strings.Repeat("0", 64))
	s.put("out/dtc-2004-11-17.csv", "")
	r := d.fetch()
	if len(r.Files) != 4 || len(r.Faults) > 0 {
		t.Fatalf("%+v", r)
	}
	for name, want := range map[string]string{"dtc-2004-11-12.csv": "", "strange.csv": "no offer expects", "dtc-2004-11-16.csv": "its SHA-256 is",
		"dtc-2004-11-17.csv": "it is empty"} {
		f := d.one(r, name)
		if state := map[bool]State{true: Taken, false: Quarantined}[want == ""]; f.State != state || !strings.Contains(f.Why, want) {
			t.Errorf("%+v, want %q", f, want)
		}
	}
	if f := d.one(r, "dtc-2004-11-12.csv"); f.Sender != "s3://"+s.bucket.Name+"/out on "+s.bucket.Endpoint {
		t.Errorf("it is from %s", f.Sender)
	}
	if r := d.fetch(); len(r.Files) > 0 {
		t.Errorf("at the next look: %+v", r)
	}
	// An object that replaces one is looked at, and never replaces a report.
	s.put("out/dtc-2004-11-12.csv", report+"5,037833100,1000\n")
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Quarantined || !strings.Contains(f.Why, "a report is never replaced") {
		t.Errorf("%+v", f)
	}
	if got := s.keys(); len(got) != 8 {
		t.Errorf("the bucket has %v", got)
	}
}

func TestABucketThatCannotBeRead(t *testing.T) {
	d, s := newBucketDesk(t)
	was, env := *d.s3(), d.c.Getenv
	d.s3().Bucket = "no-such-bucket"
	d.wantFault("the store says NoSuchBucket", true)
	*d.s3() = was
	d.c.Getenv = func(name string) string { return env(name) + "x" }
	d.wantFault("see whether bucket, endpoint, region and key are right", true)
	d.c.Getenv = func(string) string { return "" }
	d.wantFault("set the environment variables THEIR_KEY and THEIR_SECRET", true)
	d.c.Getenv = env
	d.s3().Endpoint = "http://127.0.0.1:1"
	d.wantFault("cannot be listed", false)
	*d.s3() = was
	s.put("out/dtc-2004-11-12.csv", report)
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}

// TestAConnectionToAStoreThatIsCut cuts each connection in the middle of a large object.
func TestAConnectionToAStoreThatIsCut(t *testing.T) {
	d, s := newBucketDesk(t)
	s.put("out/dtc-2004-11-12.csv", report)
	s.put("out/dtc-2004-11-13.csv", report+strings.Repeat("1,037833100,1000\n", 50_000))
	u, err := url.Parse(s.bucket.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	to, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	port, cuts := sshtest.Cut(t, to, 100_000)
	d.s3().Endpoint = "http://127.0.0.1:" + strconv.Itoa(port)
	r := d.fetch()
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "was not read to its end, and nothing of it was used") || r.Faults[0].NeedsPerson ||
		cuts.Load() == 0 {
		t.Fatalf("%+v, %d cuts", r, cuts.Load())
	}
	if got := d.inbox(); !slices.Equal(got, []string{"dtc-2004-11-12.csv"}) {
		t.Errorf("the inbox has %v", got)
	}
	d.s3().Endpoint = s.bucket.Endpoint
	if f := d.one(d.fetch(), "dtc-2004-11-13.csv"); f.State != Taken {
		t.Errorf("%+v", f)
	}
}

func TestAnObjectThatIsTooLarge(t *testing.T) {
	d, s := newBucketDesk(t)
	d.c.Settings.Intake.Largest = 1 << 20
	s.put("out/dtc-2004-11-12.csv", string(bytes.Repeat([]byte("1"), 2<<20)))
	if f := d.one(d.fetch(), "dtc-2004-11-12.csv"); f.State != Quarantined || !strings.Contains(f.Why, "raise intake.largest") {
		t.Errorf("%+v", f)
	}
}

// TestAnObjectThatTheStoreDoesNotGiveHarmsNoOther has one that was moved to an archive, as stores do by rules of their own. A
// proxy before the real store answers so, as Amazon does.
func TestAnObjectThatTheStoreDoesNotGiveHarmsNoOther(t *testing.T) {
	d, s := newBucketDesk(t)
	for _, n := range []string{"1", "2", "3"} {
		s.put("out/dtc-2004-11-0"+n+".csv", report+n+",037833100,1000\n")
	}
	at, err := url.Parse(s.bucket.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(at)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "dtc-2004-11-02.csv") {
			forward.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidObjectState</Code>`+
			`<Message>The operation is not valid for the object's storage class</Message></Error>`)
	}))
	defer front.Close()
	d.s3().Endpoint = front.URL
	r := d.fetch()
	if got := d.inbox(); !slices.Equal(got, []string{"dtc-2004-11-01.csv", "dtc-2004-11-03.csv"}) {
		t.Errorf("the inbox has %v: %+v", got, r)
	}
	if len(r.Faults) != 1 || !r.Faults[0].NeedsPerson || !strings.Contains(r.Faults[0].What, "dtc-2004-11-02.csv") {
		t.Errorf("%+v", r.Faults)
	}
}
