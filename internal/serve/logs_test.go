package serve_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/pawlhq/pawl/internal/serve"
)

// bucket returns the URL of a service with an empty bucket.
func bucket(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(service.Close)
	return service.URL
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What tasks print goes to the bucket, and clients fetch it from there.
func TestLogsInABucket(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "w.dig"), "+a:\n  echo>: hello from the bucket\n")
	keys := write(t, filepath.Join(t.TempDir(), "keys"), "accessKey=me\nsecretKey = secret\n")
	cfg := settings(t, "log-server.type", "s3", "log-server.s3.bucket", "bucket", "log-server.s3.endpoint", bucket(t),
		"log-server.s3.path", "logs", "log-server.s3.direct_download", "true", "log-server.s3.credentials.file", keys)
	s, err := serve.Open(t.Context(), serve.Config{
		Settings: cfg, Env: os.Environ(), Folder: folder, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, t.Context()) }()

	attempt := start(t, s)
	if said := get(t, s, "/api/pawl/v1/attempts/"+attempt+"/logs/+w+a/follow"); !strings.Contains(said, "hello from the bucket") {
		t.Errorf("the stream has %q", said)
	}
	var list struct {
		Files []struct{ FileName, Direct string }
	}
	// The attempt ends although an upload takes long.
	for late := time.Now().Add(time.Minute); (len(list.Files) == 0 || list.Files[0].Direct == "") && time.Now().Before(late); {
		list.Files = nil
		decode(t, get(t, s, "/api/logs/"+attempt+"/files"), &list)
	}
	if len(list.Files) != 1 || !regexp.MustCompile("/logs/db-[0-9a-f]{12}/"+attempt+"/").MatchString(list.Files[0].Direct) || !strings.Contains(list.Files[0].Direct, "me") {
		t.Fatalf("the files are %+v", list.Files)
	}
	for _, url := range []string{list.Files[0].Direct, "http://" + s.Addresses()[0].String() + "/api/logs/" + attempt + "/files/" + list.Files[0].FileName} {
		if text := unzipped(t, url); strings.Count(text, "\n") != 2 || !strings.HasSuffix(text, "\nhello from the bucket\n") {
			t.Errorf("%s has %q", url, text)
		}
	}
	list.Files = nil
	decode(t, get(t, s, "/api/logs/"+attempt+"/files?direct_download=false"), &list)
	if list.Files[0].Direct != "" {
		t.Errorf("the URL is %q, although nobody wants it", list.Files[0].Direct)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(folder), "*", "data", "logs*", "*")); len(left) > 0 || err != nil {
		t.Errorf("there are still %v, %v", left, err)
	}
}

// start starts the only workflow of a server and returns its attempt.
func start(t *testing.T, s *serve.Server) string {
	t.Helper()
	var all struct{ Workflows []struct{ ID string } }
	decode(t, get(t, s, "/api/workflows"), &all)
	if len(all.Workflows) != 1 {
		t.Fatalf("the workflows are %v", all.Workflows)
	}
	body := fmt.Sprintf(`{"workflowId":%q,"sessionTime":%q,"params":{}}`, all.Workflows[0].ID, time.Now().Format(time.RFC3339))
	var a struct{ ID string }
	decode(t, put(t, s, "/api/attempts", "application/json", strings.NewReader(body)), &a)
	return a.ID
}

// put sends something to a server, which must take it, and returns its answer.
func put(t *testing.T, s *serve.Server, path, kind string, body io.Reader) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+s.Addresses()[0].String()+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s, %v", answer.StatusCode, text, err)
	}
	return string(text)
}

func decode(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func unzipped(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	z, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatalf("status %d: %v", answer.StatusCode, err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDoctorTriesBuckets(t *testing.T) {
	t.Parallel()
	at := bucket(t)
	for name, tt := range map[string]struct {
		settings []string
		want     []serve.Finding
	}{
		"none":           {[]string{"log-server.type", "null"}, nil},
		"not configured": {[]string{"log-server.type", "s3"}, []serve.Finding{{Check: "task logs", Grade: serve.Problem, Message: "log-server.s3.bucket is not set"}}},
		"no such bucket": {
			[]string{"log-server.type", "s3", "log-server.s3.bucket", "other", "log-server.s3.endpoint", at, "log-server.s3.credentials.access-key-id", "k", "log-server.s3.credentials.secret-access-key", "s"},
			[]serve.Finding{{Check: "task logs", Grade: serve.Problem, Message: "NoSuchBucket"}},
		},
		"both": {
			[]string{"log-server.type", "s3", "log-server.s3.bucket", "bucket", "log-server.s3.endpoint", at, "log-server.s3.path", "/logs", "log-server.s3.credentials.access-key-id", "k", "log-server.s3.credentials.secret-access-key", "s",
				"archive.type", "s3", "archive.s3.bucket", "bucket", "archive.s3.endpoint", at, "archive.s3.credentials.access-key-id", "k", "archive.s3.credentials.secret-access-key", "s"},
			[]serve.Finding{{Check: "archives", Grade: serve.Fine, Message: "s3://bucket/ at " + at}, {Check: "task logs", Grade: serve.Fine, Message: "s3://bucket/logs at " + at}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []serve.Finding
			for _, f := range serve.Examine(t.Context(), settings(t, tt.settings...), os.Environ()) {
				if f.Check == "archives" || f.Check == "task logs" {
					got = append(got, f)
				}
			}
			if len(got) != len(tt.want) {
				t.Fatalf("found %+v, want %+v", got, tt.want)
			}
			for i, want := range tt.want {
				if got[i].Check != want.Check || got[i].Grade != want.Grade || !strings.Contains(got[i].Message, want.Message) {
					t.Errorf("found %+v, want %+v", got[i], want)
				}
				if (got[i].Hint == "") != (want.Grade == serve.Fine) {
					t.Errorf("the hint is %q", got[i].Hint)
				}
			}
		})
	}
}

func TestFilesOfKeysAreChecked(t *testing.T) {
	t.Parallel()
	half := write(t, filepath.Join(t.TempDir(), "keys"), "accessKey=me\n")
	for _, file := range []string{half, half + "-that-is-not-there"} {
		faults := serve.Faults(settings(t, "archive.s3.credentials.file", file))
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), "archive.s3.credentials.file must be a file with accessKey and secretKey") {
			t.Errorf("%s: %v", file, faults)
		}
	}
}
