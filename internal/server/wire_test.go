package server_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

var noParams params.Map

func readCloser(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }

func zip(t testing.TB, text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(text)
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}

func TestRequestsMayBeCompressed(t *testing.T) {
	t.Parallel()
	text := []byte(`{"workflowId":1,"sessionTime":"2026-03-01T00:00","params":{}}`)
	var headed, bare bytes.Buffer
	z := zlib.NewWriter(&headed)
	_, _ = z.Write(text)
	must(t, z.Close())
	f, err := flate.NewWriter(&bare, flate.BestSpeed)
	must(t, err)
	_, _ = f.Write(text)
	must(t, f.Close())
	for name, test := range map[string]struct {
		encoding string
		body     []byte
	}{
		"gzip": {"gzip", zip(t, text)}, "deflate": {"deflate", headed.Bytes()}, "deflate without head": {"deflate", bare.Bytes()}, "none": {"identity", text},
	} {
		w := newWorld(t, openMemory, nil)
		w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
		r := request("PUT", "/api/attempts", "")
		r.Body = readCloser(test.body)
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		r.Header.Set("Content-Encoding", test.encoding)
		if rec := w.do(r); rec.Code != 200 {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

func TestLargeAnswersAreCompressedAsTheClientLikes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	plain := w.ask(200, "GET", "/api/openapi.json", "")
	for accept, want := range map[string]string{
		"": "", "gzip": "gzip", "deflate": "deflate", "deflate, gzip": "gzip", "gzip;q=0, deflate": "deflate",
		"*": "gzip", "br": "", "GZIP ; q=0.5": "gzip", "gzip;q=0": "", "identity": "", "gzip;q=x": "",
	} {
		r := request("GET", "/api/openapi.json", "")
		r.Header.Set("Accept-Encoding", accept)
		rec := w.do(r)
		if got := rec.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%q: encoded as %q, want %q", accept, got, want)
			continue
		}
		var body io.Reader = rec.Body
		var err error
		switch want {
		case "gzip":
			body, err = gzip.NewReader(body)
		case "deflate":
			body, err = zlib.NewReader(body)
		}
		must(t, err)
		text, err := io.ReadAll(body)
		if err != nil || string(text) != plain {
			t.Errorf("%q: got %d bytes, %v; want %d", accept, len(text), err, len(plain))
		}
	}
}

// client asks as Digdag's does: it offers gzip, takes ids for texts, and leaves
// out the seconds of a time that has none.
type client struct {
	testing.TB
	base string
	http *http.Client
}

func (c *client) call(method, path string, body any, out any) int {
	c.Helper()
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		must(c, err)
		text = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(c.Context(), method, c.base+path, text)
	must(c, err)
	r.SetBasicAuth("ann", "ann")
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Content-Type", "application/json")
	return c.send(r, out)
}

func (c *client) send(r *http.Request, out any) int {
	c.Helper()
	resp, err := c.http.Do(r)
	must(c, err)
	defer resp.Body.Close()
	in := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		in, err = gzip.NewReader(in)
		must(c, err)
	}
	must(c, json.NewDecoder(in).Decode(out))
	return resp.StatusCode
}

func TestAClientPushesStartsAndRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	s := httptest.NewServer(w.server)
	defer s.Close()
	defer s.Client().CloseIdleConnections()
	c := &client{t, s.URL, s.Client()}

	type id struct{ ID, Name string }
	var check struct{ APICompatible, UpgradeRecommended bool }
	if c.call("GET", "/api/version/check?client=0.10.5", nil, &check); !check.APICompatible || check.UpgradeRecommended {
		t.Fatalf("the client does not fit: %+v", check)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/api/projects?project=p&revision=1", bytes.NewReader(archive(t, "w.dig", "+a:\n  echo>: 1\n+b:\n  echo>: 2\n")))
	must(t, err)
	r.SetBasicAuth("ann", "ann")
	r.Header.Set("Content-Type", "application/gzip")
	var pushed id
	if status := c.send(r, &pushed); status != 200 || pushed.ID != "1" {
		t.Fatalf("push: %d %+v", status, pushed)
	}
	var found struct{ Workflows []id }
	c.call("GET", "/api/projects/1/workflows?name=w", nil, &found)

	type attempt struct {
		ID, SessionID, Status string
		SessionTime           string
		RetryAttemptName      *string
		Params                map[string]any
	}
	start := map[string]any{"workflowId": found.Workflows[0].ID, "sessionTime": "2016-01-01T00:00", "retryAttemptName": nil, "resume": nil, "params": map[string]any{"k": "v"}}
	var first, again, retry attempt
	if status := c.call("PUT", "/api/attempts", start, &first); status != 200 || first.SessionTime != "2016-01-01T00:00:00+00:00" {
		t.Fatalf("start: %d %+v", status, first)
	}
	if status := c.call("PUT", "/api/attempts", start, &again); status != 409 || again.ID != first.ID || again.SessionID != first.SessionID {
		t.Errorf("a second start: %d %+v", status, again)
	}
	w.begin(1)
	w.succeed(1, "+w+a", noParams)
	w.fail(1, "+w+b", "no")
	w.succeed(1, "+w^failure-alert", noParams)
	start["retryAttemptName"], start["params"] = "u-u-i-d", first.Params
	start["sessionTime"], start["resume"] = first.SessionTime, map[string]any{"mode": "failed", "attemptId": first.ID}
	if status := c.call("PUT", "/api/attempts", start, &retry); status != 200 || *retry.RetryAttemptName != "u-u-i-d" || retry.SessionID != first.SessionID {
		t.Errorf("retry: %d %+v", status, retry)
	}
	var retries struct{ Attempts []attempt }
	if c.call("GET", "/api/attempts/"+first.ID+"/retries", nil, &retries); len(retries.Attempts) != 2 || retries.Attempts[0].Status != "error" {
		t.Errorf("retries: %+v", retries)
	}
}

func TestVersionsOfClientsAreCompared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.UpgradeIfOlder, c.RefuseIfOlder = "0.10.0", "0.9" })
	for client, want := range map[string]string{
		"0.10.0": "false true", "0.10": "false true", "0.10.1-x": "false true", "0.10.0-SNAPSHOT": "true true", "0.9.0": "true true",
		"0.9-a": "true false", "0.8.99": "true false", "00.010.000000000000000000000000": "false true", "1": "false true",
	} {
		var got struct{ UpgradeRecommended, APICompatible bool }
		must(t, json.Unmarshal([]byte(w.ask(200, "GET", "/api/version/check?client="+client, "")), &got))
		if text := fmt.Sprint(got.UpgradeRecommended, got.APICompatible); text != want {
			t.Errorf("%s: upgrade and compatible are %s, want %s", client, text, want)
		}
	}
	for _, client := range []string{"", ".", "1.", "1-", "v1", "1.-x"} {
		w.ask(400, "GET", "/api/version/check?client="+client, "")
	}
}

func TestSwaggerIsServedWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) {
		c.Swagger, c.Headers = true, map[string]string{"X-Served-By": "me"}
	})
	rec := w.do(request("GET", "/api/swagger.json", ""))
	if rec.Code != 200 || rec.Header().Get("Access-Control-Allow-Origin") != "*" || rec.Header().Get("X-Served-By") != "me" {
		t.Errorf("got %d with %v", rec.Code, rec.Header())
	}
	if rec := w.do(request("GET", "/api/swagger.yaml", "")); rec.Code != 200 || rec.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("got %d with %v", rec.Code, rec.Header())
	}
}

func TestEveryOperationIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Auth = auth.Chain{} })
	for path, operations := range w.description().Paths {
		for method, op := range operations {
			real := strings.NewReplacer("{id}", "1", "{name}", "x", "{key}", "x", "{task}", "x").Replace(path)
			rec := w.do(request(strings.ToUpper(method), real, ""))
			if known := len(op.Security) > 0; known != (rec.Code == 401) {
				t.Errorf("%s %s answers strangers with %d, and its security is %v", method, path, rec.Code, op.Security)
			}
		}
	}
}

func TestMetricsAreForThoseWhoAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) {
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })
	})
	if got := w.ask(200, "GET", "/metrics", ""); got != "up 1\n" {
		t.Errorf("got %q", got)
	}
	r := request("GET", "/metrics", "")
	r.Header.Set("Authorization", "Bearer x")
	if rec := w.do(r); rec.Code != 401 {
		t.Errorf("a stranger gets %d", rec.Code)
	}
}

func TestAGraphIsAPicture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: <script>\n+b:\n  echo>: 2\n")
	rec := w.do(request("GET", "/api/pawl/v1/workflows/1/graph.svg", ""))
	body := rec.Body.String()
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(body, `data-from="+w+a"`) || strings.Contains(body, "<script>") {
		t.Errorf("got %d %v %s", rec.Code, rec.Header(), body)
	}
}
