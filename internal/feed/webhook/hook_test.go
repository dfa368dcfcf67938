package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/feedtest"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// receiving is a hook as feedtest wants it.
type receiving struct{ *webhook.Hook }

func (r receiving) Receive(ctx context.Context, sink feed.Sink, id, text string) (store.Delivered, error) {
	q := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(text))
	q.Header.Set("Id", id)
	q.Header.Set("Authorization", "Bearer secret")
	return r.Take(httptest.NewRecorder(), q, sink)
}

func TestHookIntoStores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (store.Store, error){
		"memory": func(*testing.T) (store.Store, error) { return memory.New(), nil },
		"sqlite": func(t *testing.T) (store.Store, error) { return sqlite.Open(filepath.Join(t.TempDir(), "pawl.db")) },
		"postgres": func(t *testing.T) (store.Store, error) {
			return postgres.Open(t.Context(), postgres.Config{URL: postgrestest.URL(t), Schema: postgrestest.Schema(t)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			feedtest.RunReceiver(t, func(t *testing.T) feedtest.Receiver {
				return receiving{hook(t, webhook.HookOptions{Proof: webhook.Proof{Scheme: webhook.Token, Secrets: []string{"secret"}}})}
			}, func(t *testing.T) *feedtest.Sink {
				s, err := open(t)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
				return feedtest.NewSinkOf(s)
			})
		})
	}
}

// hook returns one with the topic of feedtest, unless there is one.
func hook(t *testing.T, o webhook.HookOptions) *webhook.Hook {
	t.Helper()
	if o.Topic.Name == "" {
		o.Topic = feedtest.ReceiverTopic()
	}
	h, err := webhook.NewHook(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// at is when stopped stands still.
var at = strconv.FormatInt(stopped{}.Now().Unix(), 10)

// code signs a text with a key.
func code(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

const body = `{"p":1}`

func TestWhoCanProveThatTheyMaySend(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	signed := "v1," + base64.StdEncoding.EncodeToString(code(key, "m."+at+"."+body))
	late := strconv.FormatInt(stopped{}.Now().Add(-6*time.Minute).Unix(), 10)
	tooLate := "v1," + base64.StdEncoding.EncodeToString(code(key, "m."+late+"."+body))
	other := "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	hub := hex.EncodeToString(code([]byte("old"), body))
	standard := webhook.Proof{Scheme: webhook.Standard, Secrets: []string{other, secret}}
	hmac64 := webhook.Proof{Scheme: webhook.HMAC, Secrets: []string{"old"}, Header: "X-Code", Encoding: "base64"}
	for name, tt := range map[string]struct {
		proof   webhook.Proof
		headers []string
		want    string // of the error
	}{
		"standard":              {standard, []string{"webhook-id", "m", "webhook-timestamp", at, "webhook-signature", "v1a,x v1,AAAA " + signed}, ""},
		"standard, no header":   {standard, []string{"webhook-id", "m", "webhook-signature", signed}, "needs the headers"},
		"standard, other id":    {standard, []string{"webhook-id", "n", "webhook-timestamp", at, "webhook-signature", signed}, "not signed"},
		"standard, too late":    {standard, []string{"webhook-id", "m", "webhook-timestamp", late, "webhook-signature", tooLate}, "more than 5m0s"},
		"standard, late enough": {webhook.Proof{Scheme: webhook.Standard, Secrets: []string{secret}, Tolerance: time.Hour}, []string{"webhook-id", "m", "webhook-timestamp", late, "webhook-signature", tooLate}, ""},
		"standard, other time":  {standard, []string{"webhook-id", "m", "webhook-timestamp", late, "webhook-signature", signed}, "more than"},
		"standard, no time":     {standard, []string{"webhook-id", "m", "webhook-timestamp", "now", "webhook-signature", signed}, "not a number"},
		"github":                {webhook.Proof{Scheme: webhook.GitHub, Secrets: []string{"new", "old"}}, []string{"X-Hub-Signature-256", "sha256=" + hub}, ""},
		"github, no prefix":     {webhook.Proof{Scheme: webhook.GitHub, Secrets: []string{"old"}}, []string{"X-Hub-Signature-256", hub}, "needs the header X-Hub-Signature-256"},
		"github, other secret":  {webhook.Proof{Scheme: webhook.GitHub, Secrets: []string{"new"}}, []string{"X-Hub-Signature-256", "sha256=" + hub}, "not signed"},
		"github, no code":       {webhook.Proof{Scheme: webhook.GitHub, Secrets: []string{"old"}}, []string{"X-Hub-Signature-256", "sha256=zz"}, "not signed"},
		"hmac, base64":          {hmac64, []string{"X-Code", base64.StdEncoding.EncodeToString(code([]byte("old"), body))}, ""},
		"hmac, hex":             {webhook.Proof{Scheme: webhook.HMAC, Secrets: []string{"old"}, Header: "X-Code", Prefix: "v="}, []string{"x-code", "v=" + hub}, ""},
		"hmac, nothing":         {hmac64, nil, "needs the header X-Code"},
		"token":                 {webhook.Proof{Scheme: webhook.Token, Secrets: []string{"new", "old"}}, []string{"Authorization", "Bearer old"}, ""},
		"token, other":          {webhook.Proof{Scheme: webhook.Token, Secrets: []string{"old"}}, []string{"Authorization", "Bearer olds"}, "the token is not one"},
		"token, basic":          {webhook.Proof{Scheme: webhook.Token, Secrets: []string{"old"}}, []string{"Authorization", "Basic old"}, "needs a token"},
		"token in a header":     {webhook.Proof{Scheme: webhook.Token, Secrets: []string{"old"}, Header: "X-Gitlab-Token"}, []string{"X-Gitlab-Token", "old"}, ""},
		"token, nothing":        {webhook.Proof{Scheme: webhook.Token, Secrets: []string{"old"}, Header: "X-Gitlab-Token"}, nil, "needs a token in the header X-Gitlab-Token"},
		"nobody asked":          {webhook.Proof{Scheme: webhook.Unsigned}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			topic := feedtest.ReceiverTopic()
			topic.ID = nil
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			for i := 0; i < len(tt.headers); i += 2 {
				r.Header.Set(tt.headers[i], tt.headers[i+1])
			}
			sink := feedtest.NewSink()
			_, err := hook(t, webhook.HookOptions{Topic: topic, Proof: tt.proof, Clock: stopped{}}).Take(httptest.NewRecorder(), r, sink)
			switch {
			case tt.want == "" && (err != nil || len(sink.Messages()) != 1):
				t.Errorf("it was refused: %v", err)
			case tt.want != "" && (model.CodeOf(err) != model.Unauthenticated || !strings.Contains(err.Error(), tt.want) || len(sink.Messages()) > 0):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// What the sender is told, by what becomes of the message.
func TestAnswersOfAHook(t *testing.T) {
	t.Parallel()
	s := memory.New()
	t.Cleanup(func() { _ = s.Close() }) // it never fails
	sink := feedtest.NewSinkOf(s)
	h := hook(t, webhook.HookOptions{Proof: webhook.Proof{Scheme: webhook.Token, Secrets: []string{"secret"}}, MaxBody: 20})
	var failed []error
	serve := h.Handler(sink, func(err error) { failed = append(failed, err) })
	for _, tt := range []struct {
		method, id, token, body, coding string
		away                            bool
		status                          int
		want                            string
	}{
		{id: "m", token: "secret", body: body, status: 202, want: `{"outcome":"early","tasks":0}`},
		{id: "m", token: "secret", body: body, status: 200, want: `{"outcome":"duplicate","tasks":0}`},
		{id: "n", token: "secret", body: `{}`, status: 200, want: `{"outcome":"dropped","tasks":0}`},
		{id: "o", token: "secret", body: `{`, status: 400, want: `the message is not JSON`},
		{token: "secret", body: body, status: 400, want: `the message has no id`},
		{id: "o", token: "secret", body: body, coding: "gzip", status: 400, want: `encoded as`},
		{id: "o", token: "other", body: body, status: 401, want: `the token is not one of this hook`},
		{id: "o", token: "secret", body: strings.Repeat(" ", 30), status: 413, want: `too large`},
		{id: "o", token: "secret", body: body, away: true, status: 503, want: `send it again`},
		{method: http.MethodGet, status: 405, want: `POST only`},
	} {
		if tt.away {
			sink.Next(feedtest.Fault{Before: func(context.Context, store.Delivery) error {
				return model.Errorf(model.Unavailable, "away")
			}})
		}
		if tt.method == "" {
			tt.method = http.MethodPost
		}
		r := httptest.NewRequest(tt.method, "/", strings.NewReader(tt.body))
		r.Header.Set("Authorization", "Bearer "+tt.token)
		r.Header.Set("ID", tt.id)
		r.Header.Set("Content-Encoding", tt.coding)
		w := httptest.NewRecorder()
		serve.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%+v: answered with %d %s", tt, w.Code, w.Body)
		}
	}
	if len(failed) != 1 {
		t.Errorf("told of %v", failed)
	}
}

// A body that is cut off is the sender's fault: nobody is told but them.
func TestABodyThatIsCutOffIsInvalid(t *testing.T) {
	t.Parallel()
	h := hook(t, webhook.HookOptions{Proof: webhook.Proof{Scheme: webhook.HMAC, Secrets: []string{"secret"}, Header: "X-Code"}})
	r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(io.ErrUnexpectedEOF))
	r.Header.Set("X-Code", "00")
	w := httptest.NewRecorder()
	h.Handler(feedtest.NewSink(), func(err error) { t.Errorf("told of %v", err) }).ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "read body: unexpected EOF") {
		t.Errorf("answered with %d %s", w.Code, w.Body)
	}
}

func TestNoBodyIsReadOfWhoseHeadersProveNothing(t *testing.T) {
	t.Parallel()
	for _, p := range []webhook.Proof{
		{Scheme: webhook.Standard, Secrets: []string{secret}},
		{Scheme: webhook.GitHub, Secrets: []string{"s"}},
		{Scheme: webhook.HMAC, Secrets: []string{"s"}, Header: "X-Code"},
		{Scheme: webhook.Token, Secrets: []string{"s"}},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("the body was read")))
		r.Header.Set("Authorization", "Bearer other")
		if _, err := hook(t, webhook.HookOptions{Proof: p}).Take(httptest.NewRecorder(), r, feedtest.NewSink()); model.CodeOf(err) != model.Unauthenticated {
			t.Errorf("%s: %v", p.Scheme, err)
		}
	}
}

func TestHooksThatMakeNoSense(t *testing.T) {
	t.Parallel()
	of := feedtest.ReceiverTopic()
	forgetful := of
	forgetful.Remember = 10*time.Minute - time.Second
	for want, o := range map[string]webhook.HookOptions{
		"a topic needs a name":            {},
		"a hook needs keys":               {Topic: feed.Topic{Name: "t"}},
		`a signature must be one of`:      {Topic: of, Proof: webhook.Proof{Scheme: "gihub"}},
		"a hook needs a secret unless":    {Topic: of, Proof: webhook.Proof{Scheme: webhook.GitHub}},
		"a hook needs a secret unless i":  {Topic: of, Proof: webhook.Proof{Scheme: webhook.Unsigned, Secrets: []string{"s"}}},
		"a secret is empty":               {Topic: of, Proof: webhook.Proof{Scheme: webhook.Token, Secrets: []string{""}}},
		"a secret must be whsec_KEY":      {Topic: of, Proof: webhook.Proof{Scheme: webhook.Standard, Secrets: []string{"s"}}},
		"a request is forgotten while":    {Topic: forgetful, Proof: webhook.Proof{Scheme: webhook.Standard, Secrets: []string{secret}}},
		"a signature of hmac-sha256":      {Topic: of, Proof: webhook.Proof{Scheme: webhook.HMAC, Secrets: []string{"s"}}},
		`an encoding is hex or base64, n`: {Topic: of, Proof: webhook.Proof{Scheme: webhook.HMAC, Secrets: []string{"s"}, Header: "X", Encoding: "utf8"}},
	} {
		if _, err := webhook.NewHook(o); model.CodeOf(err) != model.Invalid || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
