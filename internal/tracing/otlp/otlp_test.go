package otlp

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector is one that answers as it is told, and keeps what it got.
type collector struct {
	requests chan *http.Request
	bodies   chan []byte
	answer   func(http.ResponseWriter)
}

func newCollector(answer func(http.ResponseWriter)) *collector {
	return &collector{make(chan *http.Request, 9), make(chan []byte, 9), answer}
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var from io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(from)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		from = z
	}
	b, err := io.ReadAll(from)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.requests <- r
	c.bodies <- b
	c.answer(w)
}

func spansNamed(names ...string) []sdk.ReadOnlySpan {
	var list tracetest.SpanStubs
	for _, n := range names {
		list = append(list, tracetest.SpanStub{Name: n})
	}
	return list.Snapshots()
}

// export sends spans to a server as an environment says.
func export(t *testing.T, server *httptest.Server, vars map[string]string) error {
	t.Helper()
	cfg, err := FromEnv(func(name string) string { return strings.ReplaceAll(vars[name], "SERVER", server.URL) })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Agent = "pawl/1"
	e := New(cfg)
	defer func() {
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	return e.ExportSpans(t.Context(), spansNamed("a", "b"))
}

func TestSpansArriveAsTheEnvironmentSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vars map[string]string
		path string
		zip  bool
	}{
		"by the URL for everything":            {map[string]string{general: "SERVER"}, "/v1/traces", false},
		"by one with a path":                   {map[string]string{general: "SERVER/of/mine/"}, "/of/mine/v1/traces", false},
		"by the URL for traces":                {map[string]string{general: "SERVER/no", specific: "SERVER/mine"}, "/mine", false},
		"by one without a path":                {map[string]string{specific: "SERVER"}, "/", false},
		"compressed":                           {map[string]string{general: "SERVER", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}, "/v1/traces", true},
		"not compressed, which is for another": {map[string]string{general: "SERVER", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none"}, "/v1/traces", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := newCollector(func(http.ResponseWriter) {})
			server := httptest.NewServer(to)
			defer server.Close()
			vars := map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": " api-key = a%2Cb ,Other=2,"}
			for k, v := range c.vars {
				vars[k] = v
			}
			if err := export(t, server, vars); err != nil {
				t.Fatal(err)
			}
			r := <-to.requests
			if r.Method != http.MethodPost || r.URL.Path != c.path || r.UserAgent() != "pawl/1" ||
				r.Header.Get("Content-Type") != "application/x-protobuf" {
				t.Errorf("%s %s by %s: %v", r.Method, r.URL, r.UserAgent(), r.Header)
			}
			if r.Header.Get("Api-Key") != "a,b" || r.Header.Get("Other") != "2" {
				t.Errorf("headers: %v", r.Header)
			}
			if zip := r.Header.Get("Content-Encoding") == "gzip"; zip != c.zip {
				t.Errorf("compressed: %v", zip)
			}
			if got := decode(t, <-to.bodies).ResourceSpans[0].ScopeSpans[0].Spans; len(got) != 2 || got[1].Name != "b" {
				t.Errorf("spans: %v", got)
			}
		})
	}
}

// answered is the answer of a collector in its own encoding.
func answered(status int, m message) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(status)
		_, _ = w.Write(m)
	}
}

func TestWhatACollectorRefusesIsAnErrorWithItsReason(t *testing.T) {
	t.Parallel()
	var partial, warning, status message
	partial.nest(1, func(m *message) { m.number(1, 1); m.text(2, "too old") })
	warning.nest(1, func(m *message) { m.text(2, "use less of it") })
	status.number(1, 3)
	status.text(2, "no such tenant")
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string // "" is no error
	}{
		"all is taken":       {answered(200, nil), ""},
		"some is rejected":   {answered(200, partial), "the collector has rejected 1 of them: too old"},
		"taken with a word":  {answered(200, warning), "use less of it"},
		"taken, but garbled": {answered(200, message{9}), "its answer can't be read"},
		"taken by a gateway": {func(w http.ResponseWriter) { _, _ = io.WriteString(w, "ok") }, ""},
		"a status":           {answered(400, status), "400 Bad Request: no such tenant"},
		"a text":             {func(w http.ResponseWriter) { http.Error(w, "who are you?", http.StatusUnauthorized) }, "401 Unauthorized: who are you?"},
		"nothing":            {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, "404 Not Found"},
		"another place": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "/else")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, "307 Temporary Redirect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := newCollector(c.answer)
			server := httptest.NewServer(to)
			defer server.Close()
			err := export(t, server, map[string]string{general: "SERVER"})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if n := len(to.requests); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// answers is a collector that is no server: it answers in its order, and with
// the last for good.
type answers struct {
	list  []func() (*http.Response, error)
	asked []time.Time
}

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	next := a.list[min(len(a.asked), len(a.list)-1)]
	a.asked = append(a.asked, time.Now())
	return next()
}

func says(status int, retryAfter string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		w := httptest.NewRecorder()
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		return w.Result(), nil
	}
}

func away() (*http.Response, error) { return nil, errors.New("connection refused") }

func stubbed(a *answers) *Exporter {
	return newExporter(Config{URL: &url.URL{Scheme: "http", Host: "collector"}}, a)
}

func TestABusyCollectorIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func() (*http.Response, error){
		"too many": says(429, ""), "bad gateway": says(502, ""), "unavailable": says(503, ""), "too slow": says(504, ""), "away": away,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &answers{list: []func() (*http.Response, error){first, first, says(200, "")}}
				if err := stubbed(a).ExportSpans(t.Context(), spansNamed("a")); err != nil || len(a.asked) != 3 {
					t.Fatalf("after %d requests: %v", len(a.asked), err)
				}
				for i, within := range []time.Duration{firstDelay, 2 * firstDelay} {
					if waited := a.asked[i+1].Sub(a.asked[i]); waited < within/2 || waited > within {
						t.Errorf("wait %d took %v", i, waited)
					}
				}
			})
		})
	}
}

func TestACollectorIsLeftAloneAsLongAsItWants(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		date := time.Now().Add(25 * time.Second).UTC().Format(http.TimeFormat)
		a := &answers{list: []func() (*http.Response, error){says(503, "20"), says(429, date), says(200, "")}}
		began := time.Now()
		if err := stubbed(a).ExportSpans(t.Context(), spansNamed("a")); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); len(a.asked) != 3 || a.asked[1].Sub(began) != 20*time.Second || took != 25*time.Second {
			t.Errorf("asked %d times, until %v", len(a.asked), took)
		}
	})
}

func TestSpansAreGivenUpAfterAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &answers{list: []func() (*http.Response, error){says(503, "")}}
		began := time.Now()
		err := stubbed(a).ExportSpans(t.Context(), spansNamed("a"))
		if err == nil || !strings.Contains(err.Error(), "503 Service Unavailable") || !errors.Is(err, errTooLong) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took > maxElapsed || len(a.asked) < 5 {
			t.Errorf("asked %d times in %v", len(a.asked), took)
		}
		// One that wants to be left alone for longer is not waited for.
		began, a.list = time.Now(), []func() (*http.Response, error){says(503, "3600")}
		if err := stubbed(a).ExportSpans(t.Context(), spansNamed("a")); err == nil || time.Since(began) != 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestShutdownCutsOffWhatIsBeingSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := stubbed(&answers{list: []func() (*http.Response, error){says(503, "")}})
		sent := make(chan error, 1)
		go func() { sent <- e.ExportSpans(context.Background(), spansNamed("a")) }() // received below
		synctest.Wait()
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; !errors.Is(err, errShutdown) {
			t.Errorf("error %v", err)
		}
		if err := e.ExportSpans(t.Context(), spansNamed("b")); !errors.Is(err, errShutdown) {
			t.Errorf("afterwards: %v", err)
		}
	})
}
