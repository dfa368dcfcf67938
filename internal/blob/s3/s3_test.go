package s3_test

import (
	"crypto/md5"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/blobtest"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/model"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, options s3.Options) *s3.Store {
	t.Helper()
	if options.AccessKeyID == "" {
		options.AccessKeyID, options.SecretAccessKey = "id", "key"
	}
	if options.Bucket == "" {
		options.Bucket = "bucket"
	}
	s, err := s3.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// service returns the URL of a service with an empty bucket.
func service(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	return serve(t, gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestContract(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		return open(t, s3.Options{Endpoint: service(t), PathStyle: true})
	})
}

// answer is a service that always gives the same answer.
func answer(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write([]byte("<Error><Code>" + code + "</Code><Message>the service says no</Message></Error>"))
		}
	}
}

func TestAnswersHaveCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		code   string
		want   model.Code
	}{
		{403, "AccessDenied", model.Forbidden},
		{403, "SignatureDoesNotMatch", model.Forbidden},
		{401, "Unauthorized", model.Forbidden},
		{400, "ExpiredToken", model.Forbidden},
		{404, "NoSuchKey", model.NotFound},
		{404, "NoSuchBucket", model.Internal},
		{409, "ConditionalRequestConflict", model.Conflict},
		{412, "PreconditionFailed", model.Conflict},
		{429, "TooManyRequests", model.Unavailable},
		{500, "InternalError", model.Unavailable},
		{503, "SlowDown", model.Unavailable},
		{501, "NotImplemented", model.Unavailable},
	} {
		t.Run(tt.code, func(t *testing.T) {
			t.Parallel()
			s := open(t, s3.Options{Endpoint: serve(t, answer(tt.status, tt.code)), Region: "r", Tries: 1})
			_, _, err := s.Get(t.Context(), "a/k")
			if model.CodeOf(err) != tt.want || !strings.Contains(err.Error(), `"a/k"`) {
				t.Errorf("get: error %v (%v), want %v and the key", err, model.CodeOf(err), tt.want)
			}
			err = s.Put(t.Context(), "a/k", strings.NewReader("x"), blob.PutOptions{Size: 1})
			if model.CodeOf(err) != tt.want {
				t.Errorf("put: error %v (%v), want %v", err, model.CodeOf(err), tt.want)
			}
		})
	}
}

func TestServiceThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, s3.Options{Endpoint: "http://" + l.Addr().String(), Region: "r", Tries: 1})
	if _, err := s.Stat(t.Context(), "k"); model.CodeOf(err) != model.Unavailable {
		t.Errorf("error %v", err)
	}
}

func TestSilenceIsUnavailable(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(http.ResponseWriter){
		"before the answer": func(http.ResponseWriter) {},
		"in the answer": func(w http.ResponseWriter) {
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("12345"))
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := make(chan struct{})
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				handler(w)
				<-over
			}))
			t.Cleanup(func() { close(over) })
			s := open(t, s3.Options{Endpoint: url, Region: "r", Tries: 1, Timeout: 50 * time.Millisecond})
			body, _, err := s.Get(t.Context(), "k")
			if err == nil {
				_, err = body.Read(make([]byte, 5))
				for err == nil {
					_, err = body.Read(make([]byte, 5))
				}
				defer body.Close()
			}
			if model.CodeOf(err) != model.Unavailable {
				t.Errorf("error %v (%v)", err, model.CodeOf(err))
			}
		})
	}
}

func TestFaultThatPassesIsNotNoticed(t *testing.T) {
	t.Parallel()
	good := s3mem.New()
	if err := good.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	handler, first := gofakes3.New(good).Server(), make(chan bool, 1)
	first <- true
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-first:
			answer(http.StatusServiceUnavailable, "SlowDown")(w, r)
		default:
			handler.ServeHTTP(w, r)
		}
	}))
	s := open(t, s3.Options{Endpoint: url, Region: "r"})
	if err := s.Put(t.Context(), "k", strings.NewReader("x"), blob.PutOptions{Size: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), "k"); err != nil {
		t.Error(err)
	}
}

func TestRequestsAreSigned(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization") + " token " + r.Header.Get("X-Amz-Security-Token")
		w.WriteHeader(http.StatusNoContent)
	}))
	s := open(t, s3.Options{Endpoint: url, Region: "eu-west-1", AccessKeyID: "me", SecretAccessKey: "s", SessionToken: "t"})
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	auth := <-got
	if !strings.Contains(auth, "Credential=me/") || !strings.Contains(auth, "/eu-west-1/s3/") || !strings.HasSuffix(auth, " token t") {
		t.Errorf("authorization %q", auth)
	}
}

func TestServiceIsAskedForTheRegion(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status       int
		region, want string
	}{
		"told":               {http.StatusOK, "eu-west-1", "/eu-west-1/s3/"},
		"told while refused": {http.StatusForbidden, "eu-west-1", "/eu-west-1/s3/"},
		"there are none":     {http.StatusForbidden, "", "/us-east-1/s3/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, got := new(atomic.Int32), make(chan string, 2)
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodHead {
					got <- r.Header.Get("Authorization")
					w.WriteHeader(http.StatusNoContent)
					return
				}
				asked.Add(1)
				if tt.region != "" {
					w.Header().Set("X-Amz-Bucket-Region", tt.region)
				}
				w.WriteHeader(tt.status)
			}))
			s := open(t, s3.Options{Endpoint: url, Tries: 1})
			for range 2 {
				if err := s.Delete(t.Context(), "k"); err != nil {
					t.Fatal(err)
				}
				if auth := <-got; !strings.Contains(auth, tt.want) {
					t.Errorf("authorization %q, want the region in %s", auth, tt.want)
				}
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// A second request could find what the first one has stored.
func TestPutThatNeedsANewKeyIsSentOnce(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		answer(http.StatusServiceUnavailable, "SlowDown")(w, r)
	}))
	s := open(t, s3.Options{Endpoint: url, Region: "r"})
	err := s.Put(t.Context(), "k", strings.NewReader("x"), blob.PutOptions{Size: 1, IfAbsent: true})
	if model.CodeOf(err) != model.Unavailable || sent.Load() != 1 {
		t.Errorf("error %v after %d requests", err, sent.Load())
	}
}

// What is sent must arrive as it is, whatever the service knows of checksums.
func TestBodiesAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, err := io.ReadAll(r.Body); err != nil || string(text) != "text" {
			t.Errorf("body %q, error %v", text, err)
		}
		got <- r.Header
	}))
	s := open(t, s3.Options{Endpoint: url, Region: "r"})
	for _, absent := range []bool{false, true} {
		if err := s.Put(t.Context(), "k", strings.NewReader("text"), blob.PutOptions{Size: 4, IfAbsent: absent}); err != nil {
			t.Fatal(err)
		}
		h := <-got
		if sum := md5.Sum([]byte("text")); h.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("checksum %q", h.Get("Content-Md5"))
		}
		for name := range h {
			if strings.Contains(name, "Checksum") || strings.Contains(name, "Trailer") || name == "Accept-Encoding" {
				t.Errorf("header %s: %s", name, h.Get(name))
			}
		}
	}
}

// Amazon writes a space in names as a plus sign.
func TestNamesInListsAreDecoded(t *testing.T) {
	t.Parallel()
	s := open(t, s3.Options{Region: "r", Endpoint: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<ListBucketResult><EncodingType>url</EncodingType>"+
			"<Contents><Key>a+b%2Bc</Key></Contents><Contents><Key>no%0Akey</Key></Contents></ListBucketResult>")
	}))})
	list, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(list) != 1 || list[0].Key != "a b+c" {
		t.Errorf("got %v, %v", list, err)
	}
}

// Some services say that there was nothing to delete.
func TestDeleteOfNothingIsNoError(t *testing.T) {
	t.Parallel()
	s := open(t, s3.Options{Endpoint: serve(t, answer(http.StatusNotFound, "NoSuchKey")), Region: "r"})
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Error(err)
	}
}

// It changes the environment, so it runs alone.
func TestCredentialsOfTheEnvironment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "from-env")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	s, err := s3.Open(s3.Options{Bucket: "bucket", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	url, err := s.SignGet(t.Context(), "a/b", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(url, "https://bucket.s3.") || !strings.Contains(url, "from-env") {
		t.Errorf("URL %s", url)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := s3.Options{Bucket: "bucket"}
	for name, change := range map[string]func(*s3.Options){
		"no bucket":            func(o *s3.Options) { o.Bucket = "" },
		"scheme":               func(o *s3.Options) { o.Endpoint = "ftp://host" },
		"path":                 func(o *s3.Options) { o.Endpoint = "http://host/bucket" },
		"no host":              func(o *s3.Options) { o.Endpoint = "http://" },
		"not a URL":            func(o *s3.Options) { o.Endpoint = "http://[" },
		"key without a secret": func(o *s3.Options) { o.AccessKeyID = "id" },
		"secret without a key": func(o *s3.Options) { o.SecretAccessKey = "key" },
		"negative timeout":     func(o *s3.Options) { o.Timeout = -1 },
		"negative tries":       func(o *s3.Options) { o.Tries = -1 },
	} {
		o := good
		change(&o)
		if _, err := s3.Open(o); model.CodeOf(err) != model.Invalid || err == nil {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, endpoint := range []string{"", "host", "host:9000", "http://host:9000/", "https://host"} {
		o := good
		o.Endpoint = endpoint
		if _, err := s3.Open(o); err != nil {
			t.Errorf("endpoint %q: %v", endpoint, err)
		}
	}
}
