package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/serve"
)

const selling = `
+pay:
  wait_signal>: payments
  key: {order_id: "${order_id}"}
+tell:
  send>: paid
  key: ${order_id}
  value: {amount: "${signal.amount}"}
`

// taker is what webhooks are sent to: it notes bodies by path, of which the first
// request to each is turned away.
type taker struct {
	mu      sync.Mutex
	got     map[string][]string
	refused map[string]bool
	changed chan struct{}
}

func (h *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.refused[r.URL.Path] {
		h.refused[r.URL.Path] = true
		http.Error(w, "not yet", http.StatusServiceUnavailable)
		return
	}
	h.got[r.URL.Path] = append(h.got[r.URL.Path], string(body))
	close(h.changed)
	h.changed = make(chan struct{})
}

// await waits until a path has a body with a text in it, and returns all of them.
func (h *taker) await(t *testing.T, path, text string) []string {
	t.Helper()
	for late := time.After(time.Minute); ; {
		h.mu.Lock()
		list, changed := h.got[path], h.changed
		h.mu.Unlock()
		if len(list) > 0 && strings.Contains(list[len(list)-1], text) {
			return list
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%s has %q", path, list)
		}
	}
}

// A message comes by a hook, and what the workflow sends, and what happens to it,
// goes out by webhooks: without Kafka.
func TestAServerTakesAndSendsWebhooks(t *testing.T) {
	t.Parallel()
	takes := &taker{got: make(map[string][]string), refused: make(map[string]bool), changed: make(chan struct{})}
	receiver := httptest.NewServer(takes)
	defer receiver.Close()
	s, err := serve.Open(t.Context(), serve.Config{
		Settings: settings(t,
			"database.type", "memory", "updates.topics", "runs", "updates.tasks", "false",
			"webhooks.paid.url", receiver.URL+"/paid", "webhooks.runs.url", receiver.URL+"/runs",
			"hooks.bank.topic", "payments", "hooks.bank.keys.order_id", "text(body.order)", "hooks.bank.id", "body.id",
			"hooks.bank.signature", "token", "hooks.bank.secret", "old,new",
		), Env: os.Environ(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, t.Context()) }() // received below
	at := "http://" + s.Addresses()[0].String()
	sell(t, at)

	for body, want := range map[string]int{`{"id":"p-1","order":17,"amount":5}`: http.StatusAccepted, `{"order":17}`: http.StatusBadRequest} {
		if status, _ := hook(t, at+"/api/pawl/v1/hooks/bank", "new", body); status != want {
			t.Errorf("%s was answered with %d", body, status)
		}
	}
	if status, _ := hook(t, at+"/api/pawl/v1/hooks/bank", "wrong", `{}`); status != http.StatusUnauthorized {
		t.Errorf("a wrong token was answered with %d", status)
	}
	if status, _ := hook(t, at+"/api/pawl/v1/hooks/none", "new", `{}`); status != http.StatusNotFound {
		t.Errorf("a hook that is not there answered with %d", status)
	}
	if got := takes.await(t, "/paid", "amount"); len(got) != 1 || got[0] != `{"amount":"5"}` {
		t.Errorf("paid got %q", got)
	}
	if got := takes.await(t, "/runs", "attempt_ended"); len(got) != 2 || !strings.Contains(got[1], `"state":"success"`) || !strings.Contains(got[0], `"event":"attempt_started"`) {
		t.Errorf("runs got %q", got)
	}
	status, text := hook(t, at+"/api/pawl/v1/hooks/bank", "old", `{"id":"p-1","order":17}`)
	if status != http.StatusOK || !strings.Contains(text, "duplicate") {
		t.Errorf("a repetition was answered with %d %s", status, text)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// sell pushes the project shop and starts its workflow.
func sell(t *testing.T, at string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "order.dig"), []byte(selling), 0o600); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := project.Pack(dir, &archive, project.PackOptions{}); err != nil {
		t.Fatal(err)
	}
	endpoint, err := client.ParseEndpoint(at)
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(client.Config{Endpoint: endpoint})
	p, err := c.Push(t.Context(), client.Push{Project: "shop", Revision: "1", Archive: &archive, Size: int64(archive.Len()), ScheduleFrom: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Workflow(t.Context(), p.ID, "order", "")
	if err != nil {
		t.Fatal(err)
	}
	day := client.SessionTime{Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if _, err := c.Start(t.Context(), client.Start{Workflow: w.ID, SessionTime: day, Params: params.Of("order_id", "17")}); err != nil {
		t.Fatal(err)
	}
}

// hook sends a message, and returns how it is answered.
func hook(t *testing.T, to, token, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || !json.Valid(text) {
		t.Fatalf("%s, %v", text, err)
	}
	return answer.StatusCode, string(text)
}

// A hook that anybody may send to is for this machine only.
func TestUnsignedHooksAreForThisMachine(t *testing.T) {
	t.Parallel()
	pairs := []string{"hooks.open.signature", "none", "hooks.open.keys.id", "body.id", "server.authenticator.basic.username", "u", "server.authenticator.basic.password", "p"}
	if err := serve.Check(settings(t, append(pairs, "server.bind", "127.0.0.1")...)); err != nil {
		t.Error(err)
	}
	err := serve.Check(settings(t, append(pairs, "server.bind", "0.0.0.0")...))
	if err == nil || !strings.Contains(err.Error(), `test: hooks.open.signature can't be none where other machines reach the server, on "0.0.0.0"`) {
		t.Errorf("got %v", err)
	}
}

func TestSecretsOfWebhooksAreNotShown(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"webhooks.paid.url": "https://example.com/" + serve.Hidden, "webhooks.paid.secret": serve.Hidden, "webhooks.paid.headers.X-Mine": serve.Hidden,
		"webhooks.paid.timeout": "https://example.com/hidden", "hooks.bank.secret": serve.Hidden, "hooks.bank.topic": "https://example.com/hidden",
	} {
		if got := serve.Shown(key, "https://example.com/hidden"); got != want {
			t.Errorf("%s is shown as %s", key, got)
		}
	}
}
