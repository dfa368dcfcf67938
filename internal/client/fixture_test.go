package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clockwork is a clock on which every wait is over at once, and noted.
type clockwork struct {
	mu    sync.Mutex
	waits []time.Duration
	// stuck lets no wait end.
	stuck bool
}

func (c *clockwork) Now() time.Time { return time.Unix(0, 0) }

func (c *clockwork) After(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	due := make(chan time.Time, 1)
	if !c.stuck {
		due <- time.Unix(0, 0)
	}
	return due, func() {}
}

func (c *clockwork) waited() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.waits)
}

// peer is a server that answers as it is told, and notes what it is asked.
type peer struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
	heads []http.Header
}

// newPeer returns a server that gives the answers one after the other, and
// then the last one again.
func newPeer(t *testing.T, answers ...http.HandlerFunc) *peer {
	t.Helper()
	p := new(peer)
	p.Server = httptest.NewServer(p.answering(answers))
	t.Cleanup(p.Close)
	return p
}

func (p *peer) answering(answers []http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		line := r.Method + " " + r.RequestURI
		if len(text) > 0 {
			line += " " + r.Header.Get("Content-Type") + " " + string(text)
		}
		p.mu.Lock()
		p.asked, p.heads = append(p.asked, line), append(p.heads, r.Header.Clone())
		answer := answers[min(len(p.asked), len(answers))-1]
		p.mu.Unlock()
		answer(w, r)
	})
}

func (p *peer) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func (p *peer) head(i int) http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heads[i]
}

// answer is an answer with a status and a body.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

// to returns a client of a server.
func to(t *testing.T, url string, cfg client.Config) *client.Client {
	t.Helper()
	var err error
	if cfg.Endpoint, err = client.ParseEndpoint(url); err != nil {
		t.Fatal(err)
	}
	if cfg.Clock == nil {
		cfg.Clock = new(clockwork)
	}
	c := client.New(cfg)
	t.Cleanup(c.Close)
	return c
}

func read(t *testing.T, r io.ReadCloser, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
