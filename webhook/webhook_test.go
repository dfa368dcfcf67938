package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/pawltest"
	"github.com/pawlhq/pawl/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type question struct {
	ID     string `json:"id"`
	Answer string `json:"answer"`
}

var ask = pawl.Must(pawl.Define("ask", "1",
	pawl.Command("ask", "questions", func(_ context.Context, q *question) ([]pawl.Record, error) {
		return []pawl.Record{{Key: q.ID, Value: "why?"}}, nil
	}),
	pawl.Listen("hear", pawl.Topic("answers").By("id"), func(_ context.Context, q *question, a struct{ Text string }) (bool, error) {
		q.Answer = a.Text
		return true, nil
	}),
))

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTw=="

// open opens an engine that is closed at the end of the test.
func open(t *testing.T, cfg pawl.Config) *pawl.Engine {
	t.Helper()
	cfg.Project, cfg.Log = "p", slog.New(slog.DiscardHandler)
	e, err := pawl.Open(t.Context(), cfg, ask)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// Two programs ask and answer each other, by what both sign with one secret.
func TestProgramsTalkByWebhooks(t *testing.T) {
	t.Parallel()
	e := open(t, pawl.Config{})
	answers, err := webhook.Handler(e, webhook.Hook{
		Topic: "answers", Keys: map[string]string{"id": "body.question"}, Signature: webhook.Standard, Secrets: []string{secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(answers)
	defer server.Close()
	// The other program answers what it is asked by a record of its own.
	reply := pawl.Must(pawl.Define("reply", "1",
		pawl.Listen("hear", pawl.Topic("questions").By("id"), func(_ context.Context, q *question, text string) (bool, error) {
			q.Answer = "because you asked " + text
			return true, nil
		}),
		pawl.Command("say", "answers", func(_ context.Context, q *question) ([]pawl.Record, error) {
			return []pawl.Record{{Value: map[string]string{"question": q.ID, "text": q.Answer}}}, nil
		}),
	))
	other, err := pawl.Open(t.Context(), pawl.Config{Project: "other", Log: slog.New(slog.DiscardHandler)}, reply)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }() // it was told before
	questions, err := webhook.Handler(other, webhook.Hook{
		Topic: "questions", Keys: map[string]string{"id": "header.pawl-record-key"}, Signature: webhook.Standard, Secrets: []string{secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	second := httptest.NewServer(questions)
	defer second.Close()
	for eng, to := range map[*pawl.Engine]webhook.Config{
		e:     {Instance: "first", Topics: map[pawl.Topic]webhook.Target{"questions": {URL: second.URL, Secrets: []string{secret}}}},
		other: {Instance: "second", Topics: map[pawl.Topic]webhook.Target{"answers": {URL: server.URL, Secrets: []string{secret}}}},
	} {
		c, err := webhook.Connect(eng, to)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if _, err := reply.Start(t.Context(), other, "q-1", question{ID: "q-1"}); err != nil {
		t.Fatal(err)
	}
	run, err := ask.Start(t.Context(), e, "q-1", question{ID: "q-1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := run.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if q, err := run.Params(ctx); err != nil || q.Answer != "because you asked why?" {
		t.Errorf("got %+v, %v", q, err)
	}
}

func TestUpdatesOfRunsGoOutByWebhooks(t *testing.T) {
	t.Parallel()
	e := open(t, pawl.Config{Updates: "runs"})
	bodies := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		bodies <- r.Header.Get("Webhook-Id") + " " + string(text)
	}))
	defer server.Close()
	c, err := webhook.Connect(e, webhook.Config{Instance: "i", Topics: map[pawl.Topic]webhook.Target{"runs": {URL: server.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := ask.Start(t.Context(), e, "q-1", question{ID: "q-1"}); err != nil {
		t.Fatal(err)
	}
	if got := <-bodies; !strings.HasPrefix(got, `i/1/update/1 {"update":1,`) || !strings.Contains(got, `"event":"attempt_started"`) {
		t.Errorf("got %s", got)
	}
}

// In tests, a handler is called as any other.
func TestHandlersInTests(t *testing.T) {
	t.Parallel()
	e := pawltest.New(t, ask)
	h, err := webhook.Handler(e.Engine, webhook.Hook{
		Topic: "answers", Keys: map[string]string{"id": "body.id"}, Signature: webhook.Token, Secrets: []string{"s"}, Header: "X-Token",
	})
	if err != nil {
		t.Fatal(err)
	}
	run, err := ask.Start(t.Context(), e.Engine, "q-1", question{ID: "q-1"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"id":"q-1","text":"so"}`))
	r.Header.Set("X-Token", "s")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer struct{ Outcome string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusAccepted || answer.Outcome != "taken" {
		t.Errorf("answered with %d %s", w.Code, w.Body)
	}
	if err := run.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	e := open(t, pawl.Config{})
	for want, cfg := range map[string]webhook.Config{
		"needs the name of the instance":         {},
		"topic t: a URL is like https://":        {Instance: "i", Topics: map[pawl.Topic]webhook.Target{"t": {}}},
		"topic t: a secret must be whsec_KEY, w": {Instance: "i", Topics: map[pawl.Topic]webhook.Target{"t": {URL: "https://e", Secrets: []string{"x"}}}},
	} {
		if _, err := webhook.Connect(e, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	cfg := webhook.Config{Instance: "i", Topics: map[pawl.Topic]webhook.Target{"t": {URL: "https://example.com"}}}
	c, err := webhook.Connect(e, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := webhook.Connect(e, cfg); err == nil || !strings.Contains(err.Error(), "the records of topic t are sent elsewhere already") {
		t.Errorf("got %v", err)
	}
	c.Close()
	next, err := webhook.Connect(e, cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.Close() // which is nothing to the next
	if _, err := webhook.Connect(e, cfg); err == nil {
		t.Error("a topic is taken twice")
	}
	next.Close()
	if host.Of(e).Claims.Free("t") {
		t.Error("Kafka gets what the next connection is to send")
	}
	keys := map[string]string{"id": "body.id"}
	for want, h := range map[string]webhook.Hook{
		`hook of topic "t": it has no keys`:          {Topic: "t"},
		`hook of topic "t": "bdy" is not in a`:       {Topic: "t", Keys: map[string]string{"id": "bdy"}},
		`hook of topic "t": "nowhere" is not in a`:   {Topic: "t", Keys: keys, ID: "nowhere"},
		`hook of topic "t": a signature must be one`: {Topic: "t", Keys: keys},
		`hook of topic "t": a hook needs a secret`:   {Topic: "t", Keys: keys, Signature: webhook.GitHub},
		`hook of topic "": a topic needs a name`:     {Keys: keys, Signature: webhook.Unsigned},
		`needs the name of its header`:               {Topic: "t", Keys: keys, Signature: webhook.HMAC, Secrets: []string{"s"}, Base64: true},
	} {
		if _, err := webhook.Handler(e, h); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// What a program that has ended has told is sent by the next one.
func TestUpdatesOutliveTheProgram(t *testing.T) {
	t.Parallel()
	cfg := pawl.Config{Project: "p", Database: filepath.Join(t.TempDir(), "pawl.db"), Updates: "runs", Log: slog.New(slog.DiscardHandler)}
	first, err := pawl.Open(t.Context(), cfg, ask)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask.Start(t.Context(), first, "q-1", question{ID: "q-1"}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	ids := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ids <- r.Header.Get("Webhook-Id") }))
	defer server.Close()
	cfg.Updates = ""
	next, err := pawl.Open(t.Context(), cfg, ask)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.Close() }() // it was told before
	c, err := webhook.Connect(next, webhook.Config{Instance: "i", Topics: map[pawl.Topic]webhook.Target{"runs": {URL: server.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if id := <-ids; id != "i/1/update/1" {
		t.Errorf("the first is %s", id)
	}
}
