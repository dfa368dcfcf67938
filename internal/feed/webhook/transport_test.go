package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/feed/relay/relaytest"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTransport(t *testing.T) {
	t.Parallel()
	relaytest.Run(t, func(t *testing.T) relaytest.Place {
		p := &place{of: make(map[string]*receiver), changed: make(chan struct{})}
		p.server = httptest.NewServer(p)
		t.Cleanup(p.server.Close)
		return p
	})
}

// place is a server with a path for each topic.
type place struct {
	server *httptest.Server

	mu      sync.Mutex
	of      map[string]*receiver
	changed chan struct{}
}

// receiver is what takes the requests of a topic.
type receiver struct {
	got []relay.Message
	// most is how long a body may be, if it is not 0.
	most int
	// silent, if not nil, keeps it from answering until it is closed.
	silent chan struct{}
}

const topics = 5

func (p *place) Transport(t *testing.T) (relay.Transport, string) {
	targets := make(map[string]webhook.Target)
	for n := range topics {
		targets[strconv.Itoa(n)] = webhook.Target{URL: p.server.URL + "/" + strconv.Itoa(n), Timeout: time.Hour}
	}
	to, err := webhook.NewTransport(targets, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	return to, webhook.RelayOwner
}

func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	p.mu.Lock()
	to := p.of[r.URL.Path[1:]]
	silent := to.silent
	p.mu.Unlock()
	if silent != nil {
		select {
		case <-silent:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if to.most > 0 && len(body) > to.most {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	m := relay.Message{Name: r.Header.Get("Webhook-Id"), Value: body}
	if key, err := url.PathUnescape(r.Header.Get("Pawl-Record-Key")); err == nil && key != "" {
		m.Key = []byte(key)
	}
	for _, name := range []string{"Type", "N", "Many", "Traceparent"} {
		for _, v := range r.Header.Values(name) {
			m.Headers = append(m.Headers, relay.Header{Name: name, Value: []byte(v)})
		}
	}
	to.got = append(to.got, m)
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *place) add(of *receiver) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	topic := strconv.Itoa(len(p.of))
	p.of[topic] = of
	return topic
}

// mend changes a receiver.
func (p *place) mend(change func()) func() {
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		change()
	}
}

func (p *place) Topic(*testing.T) string { return p.add(&receiver{}) }

func (p *place) Picky(*testing.T) (string, func()) {
	r := &receiver{most: 10_000}
	return p.add(r), p.mend(func() { r.most = 0 })
}

func (p *place) Refusing(*testing.T) (string, func()) {
	r := &receiver{most: 1}
	return p.add(r), p.mend(func() { r.most = 0 })
}

func (p *place) Silent(*testing.T) (string, func()) {
	r := &receiver{silent: make(chan struct{})}
	return p.add(r), sync.OnceFunc(func() { close(r.silent) })
}

func (p *place) Read(t *testing.T, topic string, n int) []relay.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		p.mu.Lock()
		got, changed := p.of[topic].got, p.changed
		p.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d requests came instead of %d", len(got), n)
		}
	}
}

// stopped is a clock that stands still.
type stopped struct{ clock.System }

func (stopped) Now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// send sends one message to what answers, and returns why it did not arrive.
func send(t *testing.T, to webhook.Target, m relay.Message) error {
	t.Helper()
	transport, err := webhook.NewTransport(map[string]webhook.Target{"t": to}, stopped{})
	if err != nil {
		t.Fatal(err)
	}
	line, err := transport.Line("t")
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	return line.Send(t.Context(), []relay.Message{m})[0]
}

// answering returns a server that answers in one way.
func answering(t *testing.T, how http.HandlerFunc) string {
	server := httptest.NewServer(how)
	t.Cleanup(server.Close)
	return server.URL
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"

// The signature is that of Standard Webhooks: its key, and what is signed.
func TestRequestsAreSigned(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	at := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	other := "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	err := send(t, webhook.Target{URL: at + "/hook", Secrets: []string{secret, other}, Headers: map[string]string{"Authorization": "Bearer x"}}, relay.Message{
		Name: "shop/17/2/1/0", Key: []byte("a/ü"), Value: []byte(`{"a":1}`), Headers: []relay.Header{
			{Name: "type", Value: []byte("paid")}, {Name: "Webhook-Id", Value: []byte("forged")}, {Name: "host", Value: []byte("forged")},
			{Name: "authorization", Value: []byte("forged")}, {Name: "not a name", Value: nil}, {Name: "line", Value: []byte("a\nb")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "shop/17/2/1/0.%d.{\"a\":1}", stopped{}.Now().Unix())
	first := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for name, want := range map[string]string{
		"Webhook-Id": "shop/17/2/1/0", "Webhook-Timestamp": strconv.FormatInt(stopped{}.Now().Unix(), 10), "Content-Type": "application/json",
		"Authorization": "Bearer x", "Type": "paid", "User-Agent": "pawl", "Pawl-Record-Key": "a%2F%C3%BC", "Line": "",
	} {
		if have := got.Header.Get(name); have != want {
			t.Errorf("%s is %q, not %q", name, have, want)
		}
	}
	signed := strings.Split(got.Header.Get("Webhook-Signature"), " ")
	if len(signed) != 2 || signed[0] != first || !strings.HasPrefix(signed[1], "v1,") || signed[1] == first {
		t.Errorf("the signatures are %q, not first %s", signed, first)
	}
	if string(body) != `{"a":1}` || got.Method != http.MethodPost || got.URL.Path != "/hook" || strings.Contains(got.Host, "forged") {
		t.Errorf("got %s %s of %s: %s", got.Method, got.URL, got.Host, body)
	}
}

func TestUnsignedRequestsHaveNoSignature(t *testing.T) {
	t.Parallel()
	var h http.Header
	at := answering(t, func(_ http.ResponseWriter, r *http.Request) { h = r.Header })
	if err := send(t, webhook.Target{URL: at}, relay.Message{Name: "n"}); err != nil {
		t.Fatal(err)
	}
	if h.Get("Webhook-Id") != "n" || h.Get("Webhook-Timestamp") == "" || h.Values("Webhook-Signature") != nil || h.Values("Content-Type") != nil || h.Values("Pawl-Record-Key") != nil {
		t.Errorf("the headers are %v", h)
	}
}

func TestWhatIsNotTakenIsTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		how   http.HandlerFunc
		want  string
		after time.Duration
	}{
		"gone": {how: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\nlonger", http.StatusGone) }, want: "the receiver answers 410 Gone: no longer"},
		"bad":  {how: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, want: "the receiver answers 400 Bad Request"},
		"long": {how: func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, strings.Repeat("x", 1000), http.StatusInternalServerError)
		}, want: "the receiver answers 500 Internal Server Error: " + strings.Repeat("x", 200)},
		"elsewhere": {how: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		}, want: "the receiver answers 307 Temporary Redirect, and requests go to the configured URL only"},
		"busy": {how: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		}, want: "the receiver answers 429 Too Many Requests", after: 30 * time.Second},
		"until": {how: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", stopped{}.Now().Add(90*time.Second).Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}, want: "the receiver answers 503 Service Unavailable", after: 90 * time.Second},
		"for ever": {how: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, want: "the receiver answers 503 Service Unavailable", after: time.Hour},
		"cut off": {how: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, want: "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			err := send(t, webhook.Target{URL: answering(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				tt.how(w, r)
			})}, relay.Message{Name: "n", Value: []byte("x")})
			if err == nil || err.Error() != tt.want || asked.Load() != 1 {
				t.Errorf("after %d requests: %v, want %s", asked.Load(), err, tt.want)
			}
			var later *relay.Later
			if errors.As(err, &later) != (tt.after > 0) || later != nil && later.After != tt.after {
				t.Errorf("it is to be sent again after %+v, not %v", later, tt.after)
			}
		})
	}
}

func TestAReceiverHasSoMuchTime(t *testing.T) {
	t.Parallel()
	at := answering(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	err := send(t, webhook.Target{URL: at, Timeout: 20 * time.Millisecond}, relay.Message{Name: "n"})
	if err == nil || err.Error() != "there was no answer within 20ms" {
		t.Errorf("got %v", err)
	}
}

// The URL, which may be a secret, is in no error, and who can't prove to be the
// receiver gets nothing.
func TestReceiversProveWhoTheyAre(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	err := send(t, webhook.Target{URL: server.URL + "/hidden"}, relay.Message{Name: "n"})
	var unknown *tls.CertificateVerificationError
	if !errors.As(err, &unknown) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	if err := send(t, webhook.Target{URL: server.URL, TLS: &tls.Config{RootCAs: trusted}}, relay.Message{Name: "n"}); err != nil {
		t.Error(err)
	}
}

func TestTargetsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for want, to := range map[string]webhook.Target{
		"topic t: a URL is like https://":                   {URL: "example.com/hidden"},
		"topic t: a URL has no password":                    {URL: "https://u:hidden@example.com"},
		"topic t: a secret must be whsec_KEY":               {URL: "https://e", Secrets: []string{"hidden"}},
		"topic t: the header Host is not to be chosen":      {URL: "https://e", Headers: map[string]string{"Host": "hidden"}},
		`topic t: the header "a b" can't be sent by HTTP`:   {URL: "https://e", Headers: map[string]string{"a b": "hidden"}},
		"topic t: a timeout and a number of requests can't": {URL: "https://e", Timeout: -1},
	} {
		_, err := webhook.NewTransport(map[string]webhook.Target{"t": to}, stopped{})
		if model.CodeOf(err) != model.Invalid || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A receiver that refuses one message is not sent others as well.
func TestOnceARequestHasFailedNoOtherIsBegun(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	at := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 3 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	transport, err := webhook.NewTransport(map[string]webhook.Target{"t": {URL: at, Parallel: 1}}, stopped{})
	if err != nil {
		t.Fatal(err)
	}
	line, err := transport.Line("t")
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	errs := line.Send(t.Context(), make([]relay.Message, 20))
	arrived, unsent := 0, 0
	for _, err := range errs {
		switch {
		case err == nil:
			arrived++
		case errors.Is(err, relay.ErrUnsent):
			unsent++
		}
	}
	if asked.Load() != 3 || arrived != 2 || unsent != 17 {
		t.Errorf("of 20, %d were sent, %d arrived and %d were not sent", asked.Load(), arrived, unsent)
	}
}
