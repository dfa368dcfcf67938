package client_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

func TestGetsThatFailForTheMomentAreSentAgain(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(500, ""), answer(502, ""), answer(503, ""), answer(408, ""), answer(429, ""), answer(200, `{"version":"1"}`))
	clock := new(clockwork)
	v, err := to(t, p.URL, client.Config{Clock: clock}).Version(t.Context())
	if v != "1" || err != nil {
		t.Fatalf("got %q, %v", v, err)
	}
	ms := time.Millisecond
	if diff := cmp.Diff([]time.Duration{5 * ms, 10 * ms, 20 * ms, 40 * ms, 80 * ms}, clock.waited()); diff != "" {
		t.Error(diff)
	}
}

func TestGetsAreSentAgainTenTimes(t *testing.T) {
	t.Parallel()
	for _, retries := range []struct{ set, want int }{{0, 10}, {3, 3}, {-1, 0}} {
		p := newPeer(t, answer(503, `{"message":"later","status":503}`))
		_, err := to(t, p.URL, client.Config{Retries: retries.set}).Version(t.Context())
		if model.CodeOf(err) != model.Unavailable || err.Error() != "later" {
			t.Errorf("got %v", err)
		}
		if n := len(p.requests()) - 1; n != retries.want {
			t.Errorf("%d retries, want %d", n, retries.want)
		}
	}
}

func TestAServerMayAskForALongerWait(t *testing.T) {
	t.Parallel()
	after := func(seconds string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", seconds)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	p := newPeer(t, after("7"), after("7200"), after("soon"), after("-1"), answer(200, `{}`))
	clock := new(clockwork)
	if _, err := to(t, p.URL, client.Config{Clock: clock}).Version(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{7 * time.Second, time.Minute, 20 * time.Millisecond, 40 * time.Millisecond}
	if diff := cmp.Diff(want, clock.waited()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatFailsForGoodIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 422} {
		p := newPeer(t, answer(status, ""))
		_, err := to(t, p.URL, client.Config{}).Version(t.Context())
		if err == nil || len(p.requests()) != 1 {
			t.Errorf("%d: %d requests, %v", status, len(p.requests()), err)
		}
	}
}

func TestChangesAreSentOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*client.Client) error{
		"start":   func(c *client.Client) error { _, err := c.Start(t.Context(), client.Start{Workflow: "1"}); return err },
		"kill":    func(c *client.Client) error { _, err := c.Kill(t.Context(), "1"); return err },
		"delete":  func(c *client.Client) error { _, err := c.DeleteProject(t.Context(), "1"); return err },
		"secret":  func(c *client.Client) error { return c.SetSecret(t.Context(), "1", "k", "v") },
		"enable":  func(c *client.Client) error { _, err := c.Enable(t.Context(), "1"); return err },
		"archive": func(c *client.Client) error { _, err := c.Push(t.Context(), push("p", "a")); return err },
	} {
		p := newPeer(t, answer(503, ""))
		clock := new(clockwork)
		if err := change(to(t, p.URL, client.Config{Clock: clock})); model.CodeOf(err) != model.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		if len(p.requests()) != 1 || len(clock.waited()) > 0 {
			t.Errorf("%s was sent %d times", name, len(p.requests()))
		}
	}
}

// deserted returns an address where nobody listens.
func deserted(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func push(project, text string) client.Push {
	return client.Push{Project: project, Revision: "r", Archive: strings.NewReader(text), Size: int64(len(text))}
}

func TestAServerThatCantBeReachedIsTriedAgain(t *testing.T) {
	t.Parallel()
	address := deserted(t)
	clock := new(clockwork)
	_, err := to(t, address, client.Config{Clock: clock}).Version(t.Context())
	if model.CodeOf(err) != model.Unavailable || !strings.HasPrefix(err.Error(), "http://"+address+" can't be reached: ") {
		t.Errorf("got %v", err)
	}
	if n := len(clock.waited()); n != 10 {
		t.Errorf("%d retries", n)
	}
}

// opening is a clock on which a server begins to listen in the third wait.
type opening struct {
	clockwork
	open func()
}

func (o *opening) After(d time.Duration) (<-chan time.Time, func()) {
	due, stop := o.clockwork.After(d)
	if len(o.waited()) == 3 {
		o.open()
	}
	return due, stop
}

func TestAChangeWaitsForAServerThatBegins(t *testing.T) {
	t.Parallel()
	address := deserted(t)
	p := &peer{}
	clock := &opening{open: func() {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Error(err)
			return
		}
		p.Server = httptest.NewUnstartedServer(p.answering([]http.HandlerFunc{answer(200, `{"id":"7"}`)}))
		_ = p.Listener.Close()
		p.Listener = l
		p.Start()
		t.Cleanup(p.Close)
	}}
	got, err := to(t, address, client.Config{Clock: clock}).Push(t.Context(), push("p", "a"))
	if err != nil || got.ID != "7" || len(p.requests()) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	if n := len(clock.waited()); n != 3 {
		t.Errorf("%d waits", n)
	}
}

func TestAChangeDoesNotWaitForeverForAServer(t *testing.T) {
	t.Parallel()
	address := deserted(t)
	clock := new(clockwork)
	_, err := to(t, address, client.Config{Clock: clock}).Kill(t.Context(), "1")
	if model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "can't be reached") {
		t.Errorf("got %v", err)
	}
	var all time.Duration
	for _, d := range clock.waited() {
		all += d
	}
	if all < 2*time.Second || all > 3*time.Second {
		t.Errorf("it waited for %v", all)
	}
}

func TestAnAnswerThatBreaksOffIsAskedForAgain(t *testing.T) {
	t.Parallel()
	broken := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"version":`))
		panic(http.ErrAbortHandler)
	}
	p := newPeer(t, broken, answer(200, `{"version":"2"}`))
	v, err := to(t, p.URL, client.Config{}).Version(t.Context())
	if v != "2" || err != nil {
		t.Errorf("got %q, %v", v, err)
	}
}

func TestNobodyWaitsLongerThanTheContext(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(503, ""))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := to(t, p.URL, client.Config{Clock: &clockwork{stuck: true}}).Version(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || len(p.requests()) != 1 {
		t.Errorf("%d requests, %v", len(p.requests()), err)
	}
}
