package serve_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	tracing "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/serve"
)

// collector takes spans, whoever sent them.
type collector struct {
	mu sync.Mutex
	// spans are by their name, after that of who sent them.
	spans map[string]*tracing.Span
	err   error
}

// ServeHTTP takes a request, whose path begins with who sent it.
func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	var sent tracing.TracesData // on the wire as a request
	c.err = errors.Join(c.err, err, proto.Unmarshal(body, &sent))
	who, _, _ := strings.Cut(r.URL.Path[1:], "/")
	for _, resource := range sent.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans[who+" "+span.GetName()] = span
			}
		}
	}
}

// push stores a folder as the project of a server.
func push(t *testing.T, s *serve.Server, folder string) {
	t.Helper()
	var archive bytes.Buffer
	if err := project.Pack(folder, &archive, project.PackOptions{}); err != nil {
		t.Fatal(err)
	}
	put(t, s, "/api/projects?project=p&revision=1", "application/gzip", &archive)
}

// share has a worker run the project of a folder for a server. Both tell the
// collector at a URL what they do.
func share(t *testing.T, folder, url string) {
	t.Helper()
	cfg := shared(t, "agent.enabled", "false")
	of := func(name string) serve.Config {
		env := append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+url+"/"+name)
		return serve.Config{Settings: cfg, Env: env, Log: slog.New(slog.DiscardHandler)}
	}
	s, err := serve.Open(t.Context(), of("server"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := serve.OpenWorker(t.Context(), of("worker"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- s.Run(ctx, t.Context()) }()
	go func() { ended <- w.Run(ctx, t.Context()) }()
	push(t, s, folder)
	follow(t, s, "/api/pawl/v1/attempts/"+start(t, s)+"/events")
	stop()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// follow reads a stream to its end.
func follow(t *testing.T, s *serve.Server, path string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addresses()[0].String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
}

// A worker tells of the tries that it runs, below the span of their attempt,
// which the server tells of.
func TestTriesOfAWorkerAreInTheTraceOfTheirAttempt(t *testing.T) {
	t.Parallel()
	c := &collector{spans: make(map[string]*tracing.Span)}
	at := httptest.NewServer(c)
	defer at.Close()
	folder, seen := t.TempDir(), filepath.Join(t.TempDir(), "seen")
	write(t, filepath.Join(folder, "w.dig"), "+a:\n  sh>: printf %s \"$TRACEPARENT\" > "+seen+"\n")
	share(t, folder, at.URL)
	root, try := c.spans["server w"], c.spans["worker +w+a"]
	if c.err != nil || root == nil || try == nil || c.spans["server +w+a"] != nil {
		t.Fatalf("error %v, spans %v", c.err, c.spans)
	}
	if !bytes.Equal(try.GetTraceId(), root.GetTraceId()) || !bytes.Equal(try.GetParentSpanId(), root.GetSpanId()) {
		t.Errorf("the try is not below its attempt:\n%v\n%v", try, root)
	}
	got, err := os.ReadFile(seen)
	if want := fmt.Sprintf("00-%x-%x-01", try.GetTraceId(), try.GetSpanId()); err != nil || string(got) != want {
		t.Errorf("the program belongs to %q, want %s, error %v", got, want, err)
	}
}
