package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

// fuzzed is an installation with one of everything.
func fuzzed(t testing.TB) *world {
	w := newWorld(t, openMemory, func(_ *server.Config, c *service.Config) { c.Limits.Attempts = 1000 })
	w.push("p", "1", "w.dig", "timezone: Asia/Tokyo\nschedule:\n  minutes_interval>: 5\n+a:\n  echo>: 1\n+b:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.begin(1)
	w.print(1, "+w+a", 1, "hello")
	return w
}

// sane fails when the server blames itself for a request, or does not say what
// was wrong with it. It returns the status.
func (w *world) sane(t testing.TB, r *http.Request) int {
	t.Helper()
	r.SetBasicAuth("ann", "ann")
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	if rec.Code >= 500 || rec.Code < 200 {
		t.Errorf("%s %s: %d %s\n%s", r.Method, r.URL, rec.Code, rec.Body, w.log)
	}
	if rec.Code < 400 || rec.Code == http.StatusConflict && bytes.HasPrefix(rec.Body.Bytes(), []byte(`{"id":"`)) {
		return rec.Code // or the attempt that there is
	}
	var said struct {
		Message string
		Status  int
	}
	err := json.Unmarshal(rec.Body.Bytes(), &said)
	if err != nil || said.Status != rec.Code || said.Message == "" || strings.Contains(said.Message, "Go ") {
		t.Errorf("%s %s: %d %s, %v", r.Method, r.URL, rec.Code, rec.Body, err)
	}
	return rec.Code
}

// mutations are the requests with a body, most of which are about something
// that there is.
var mutations = []struct{ method, path string }{
	{"PUT", "/api/attempts"},
	{"POST", "/api/schedules/1/skip"},
	{"POST", "/api/schedules/1/backfill"},
	{"POST", "/api/schedules/1/enable"},
	{"POST", "/api/schedules/1/disable"},
	{"POST", "/api/attempts/1/kill"},
	{"PUT", "/api/projects/1/secrets/k"},
	{"DELETE", "/api/projects/1/secrets/k"},
	{"DELETE", "/api/projects/9"},
	{"PUT", "/api/projects?project=q&revision=1"},
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"workflowId":"1","sessionTime":"2016-01-01T00:00","retryAttemptName":null,"resume":{"mode":"from","attemptId":1,"from":"+b"},"params":{"a":[1e400,{"b":"\ud800"}]}}`,
		`{"workflowId":1,"sessionTime":"2016-01-01T00:00:00.5Z","retryAttemptName":"x","resume":{"mode":"failed","attemptId":"1"},"params":{"a.b":null,"":{}}}`,
		`{"nextTime":"2026-03-12T00:00","fromTime":"2026-01-01T00:00:00Z","count":3,"nextRunTime":"9999-12-31T23:59:59Z","dryRun":true}`,
		`{"fromTime":"2026-03-01T00:00:00Z","attemptName":"x","count":1,"dryRun":false}`,
		`{"skipSchedule":true,"nextTime":"2026-03-12T00:00"}`,
		`{"value":"\u0000"}`, `{"value":["x"]}`, `[]`, `null`, `{"count":1e10}`, `{}{}`,
		strings.Repeat("[", 2000), `{"params":` + strings.Repeat(`{"a":`, 2000),
	} {
		for i := range mutations {
			f.Add(i, body, "application/json", "")
		}
	}
	f.Add(0, "\x1f\x8b", "application/json; charset=utf-8", "gzip")
	f.Add(3, "\x78\x9c", "text/plain", "deflate")
	f.Add(9, "\x1f\x8b\x08", "application/gzip", "br")
	w := fuzzed(f)
	f.Fuzz(func(t *testing.T, which int, body, kind, encoding string) {
		m := mutations[uint(which)%uint(len(mutations))]
		r := request(m.method, m.path, body)
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Content-Encoding", encoding)
		w.sane(t, r)
	})
}

func FuzzTimes(f *testing.F) {
	for _, text := range []string{
		"2016-01-01T00:00", "2016-01-01T00:00:00.123456789+09:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-18:00",
		"1970-01-01T00:00:00Z", "2026-03-08T02:30:00[America/New_York]", "", "now", "2016-02-30T00:00:00Z", "2026-03-08T24:00:00Z", "+002026-03-08T00:00Z",
	} {
		f.Add(text)
	}
	w := fuzzed(f)
	good := archive(f, "w.dig", "schedule:\n  minutes_interval>: 5\n+a:\n  echo>: 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		q := url.QueryEscape(text)
		for _, mode := range []string{"", "hour", "day", "schedule", "next_schedule"} {
			w.sane(t, request("GET", "/api/workflows/1/truncated_session_time?session_time="+q+"&mode="+mode, ""))
		}
		w.sane(t, pushRequest("project=p&revision=1&schedule_from="+q, good))
		field, err := json.Marshal(text)
		must(t, err)
		for _, body := range []string{
			`{"dryRun":true,"nextTime":%s}`, `{"dryRun":true,"count":2,"fromTime":%s}`, `{"dryRun":true,"nextTime":"2026-04-01T00:00Z","nextRunTime":%s}`,
		} {
			w.sane(t, request("POST", "/api/schedules/1/skip", fmt.Sprintf(body, field)))
		}
		w.sane(t, request("POST", "/api/schedules/1/backfill", fmt.Sprintf(`{"dryRun":true,"attemptName":"x","fromTime":%s}`, field)))
		w.sane(t, request("POST", "/api/schedules/1/enable", fmt.Sprintf(`{"skipSchedule":true,"nextTime":%s}`, field)))
		w.sane(t, request("PUT", "/api/attempts", fmt.Sprintf(`{"workflowId":1,"params":{},"sessionTime":%s}`, field)))
		for _, path := range []string{"/api/attempts?page_size=1", "/api/sessions?page_size=1", "/api/schedules"} {
			w.sane(t, request("GET", path, ""))
		}
	})
}

func FuzzQueries(f *testing.F) {
	paths := []string{
		"/api/projects", "/api/workflows", "/api/schedules", "/api/sessions", "/api/attempts", "/api/projects/1/sessions", "/api/projects/1/workflows",
		"/api/projects/1/archive", "/api/projects/1/revisions", "/api/workflow", "/api/logs/1/files", "/api/pawl/v1/attempts/1/events", "/api/version/check",
	}
	for i, query := range []string{
		"last_id=-9223372036854775808&count=9223372036854775807", "order=desc&last_id=9223372036854775807&name_pattern=%25_", "last_id=00", "page_size=0&last_id=1",
		"include_retried=TRUE&project=p&workflow=w&page_size=100", "workflow=%00", "name=&revision=", "revision=1&direct_download=no", "name=%ff", "project=p&name=w&revision=1",
		"task=%252B%", "after=-1", "client=1.2.3.4-%00", ";;%zz=&&",
	} {
		f.Add(i%len(paths), query)
	}
	w := fuzzed(f)
	f.Fuzz(func(t *testing.T, which int, query string) {
		r := request("GET", paths[uint(which)%uint(len(paths))], "")
		r.URL.RawQuery = query
		w.sane(t, r)
	})
}

func FuzzLogNames(f *testing.F) {
	for _, name := range []string{"+w+a@69ad64c000000000.1-1.log.gz", "+w+a@ffffffffffffffff.9999999999-1.log.gz", "../1/1+w+a.1.log", "/etc/passwd", "+@@0000000000000000.0-0.log.gz", "\x00"} {
		f.Add(name)
	}
	w := fuzzed(f)
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" {
			return
		}
		r := request("GET", "/api/logs/1/files/x", "")
		r.URL.Path, r.URL.RawPath = "/api/logs/1/files/"+name, "/api/logs/1/files/"+url.PathEscape(name)
		if name == "." || name == ".." {
			return // the path is another one
		}
		w.sane(t, r)
	})
}
