package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/blobtest"
	"github.com/pawlhq/pawl/internal/blob/plugin"
	"github.com/pawlhq/pawl/internal/model"
)

// behave names the variable that makes the test binary the plug-in.
const behave = "PAWL_TEST_PLUGIN"

func TestMain(m *testing.M) {
	if os.Getenv(behave) != "" {
		main()
	}
	os.Exit(m.Run())
}

// service is a fake of Google's.
type service struct {
	*fakestorage.Server
	url     string
	buckets atomic.Int32
}

func fake(t *testing.T) *service {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(listening.Close)
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		NoListener: true, ExternalURL: listening.URL, PublicHost: strings.TrimPrefix(listening.URL, "http://"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	answers := server.HTTPHandler()
	handler.Store(&answers)
	return &service{Server: server, url: listening.URL}
}

// bucket opens an empty bucket through the plug-in.
func (s *service) bucket(t *testing.T) blob.Store {
	t.Helper()
	name := fmt.Sprint("bucket-", s.buckets.Add(1))
	s.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: name})
	return start(t, map[string]string{bucketSetting: name}, emulator+"="+s.url)
}

// start opens the store of the plug-in, which is this binary.
func start(t *testing.T, settings map[string]string, env ...string) blob.Store {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := plugin.Open(plugin.Options{
		Type: "gcs", Settings: settings, Log: slog.New(slog.DiscardHandler), Path: self,
		Env: append([]string{behave + "=1", "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}, env...),
	})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	t.Parallel()
	s := fake(t)
	blobtest.Run(t, s.bucket)
}

func wantFailure(t *testing.T, err error, code model.Code, says string) {
	t.Helper()
	if err == nil || model.CodeOf(err) != code || !strings.Contains(err.Error(), says) {
		t.Errorf("error %v with the code %v, want one with %q and the code %v", err, model.CodeOf(err), says, code)
	}
}

func TestBucketThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := start(t, map[string]string{bucketSetting: "none"}, emulator+"="+fake(t).url)
	err := s.Put(t.Context(), "k", strings.NewReader("x"), blob.PutOptions{Size: 1})
	wantFailure(t, err, model.Invalid, `put object "k"`)
}

func TestStatusesOfTheService(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]model.Code{401: model.Forbidden, 403: model.Forbidden, 418: model.Internal} {
		refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(refusing.Close)
		s := start(t, map[string]string{bucketSetting: "b"}, emulator+"="+refusing.URL)
		_, err := s.Stat(t.Context(), "k")
		wantFailure(t, err, code, `get object "k"`)
	}
}

// A service that is away for a moment is asked again, and then given up.
func TestServiceThatIsAway(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(away.Close)
	s := start(t, map[string]string{bucketSetting: "b"}, emulator+"="+away.URL)
	_, err := s.Stat(t.Context(), "k")
	wantFailure(t, err, model.Unavailable, `get object "k"`)
	if n := asked.Load(); n != tries {
		t.Errorf("asked %d times, want %d", n, tries)
	}
}

func TestSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	for says, settings := range map[string]map[string]string{
		"the setting bucket is missing":       {},
		`the setting "bukket" is not known`:   {"bukket": "b"},
		"credentials.json.path: open /none":   {bucketSetting: "b", pathSetting: "/none"},
		"credentials.json.content has no cre": {bucketSetting: "b", contentSetting: "{}"},
	} {
		_, err := start(t, settings).Stat(t.Context(), "k")
		wantFailure(t, err, model.Invalid, says)
	}
}

// account returns the credentials of a service account.
func account(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "pawl@example.com", "project_id": "p", "token_uri": "http://127.0.0.1:1/",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestURLsAreSignedWithTheKeyOfAnAccount(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, account(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{pathSetting: file, contentSetting: string(account(t))} {
		s := start(t, map[string]string{bucketSetting: "b", name: value})
		text, err := s.SignGet(t.Context(), "a b/c", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		at, err := url.Parse(text)
		if err != nil || at.Path != "/b/a b/c" || at.Query().Get("X-Goog-Expires") != "59" && at.Query().Get("X-Goog-Expires") != "60" ||
			!strings.HasPrefix(at.Query().Get("X-Goog-Credential"), "pawl@example.com/") || at.Query().Get("X-Goog-Signature") == "" {
			t.Errorf("URL %s, error %v", text, err)
		}
		_, err = s.SignGet(t.Context(), "k", 8*24*time.Hour)
		wantFailure(t, err, model.Invalid, "a second to seven days")
	}
}

// Whoever can't log in is told so, and not kept waiting.
func TestLoginThatIsAway(t *testing.T) {
	t.Parallel()
	s := start(t, map[string]string{bucketSetting: "b", contentSetting: string(account(t))})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := s.Stat(ctx, "k")
	wantFailure(t, err, model.Unavailable, `get object "k"`)
}
