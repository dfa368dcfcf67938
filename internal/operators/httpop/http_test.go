package httpop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/httpop"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Connections that are kept for the next request have goroutines.
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

var now = time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC)

func specs() *operator.Registry {
	var r operator.Registry
	r.Register(httpop.Specs(dig.ReadConfig)...)
	return &r
}

// task returns a task with the given parameters and secrets.
func task(name string, p params.Map, secrets secret.Map) *operator.Task {
	return &operator.Task{
		ID: model.TryID{Attempt: 7, Task: 12, Try: 1}, Type: name, Params: p, Local: p,
		Secrets: secrets, Now: func() time.Time { return now }, Output: &bytes.Buffer{},
	}
}

func run(ctx context.Context, t *operator.Task) (operator.Result, error) {
	spec, _ := specs().Lookup(t.Type)
	return spec.Operator.Run(ctx, t)
}

// printed returns what a task printed.
func printed(t *operator.Task) string { return t.Output.(*bytes.Buffer).String() }

// serve starts a server on loopback.
func serve(t *testing.T, f http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s
}

// answers returns a server that answers every request so.
func answers(t *testing.T, status int, mediaType, body string) *httptest.Server {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if mediaType != "" {
			w.Header().Set("Content-Type", mediaType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// sent is what a server got.
type sent struct {
	method, uri, body, host string
	header                  http.Header
}

// record returns a server that keeps the newest request.
func record(t *testing.T) (*httptest.Server, *sent) {
	t.Helper()
	var got sent
	return serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = sent{r.Method, r.RequestURI, string(body), r.Host, r.Header}
	}), &got
}

func TestRequestIsMadeAsTheTaskSays(t *testing.T) {
	t.Parallel()
	object := params.Of("b", 1, "a", "x y")
	vault := secret.Map{"k": "s&cret", "u": "/hidden"}
	for name, tt := range map[string]struct {
		path    string
		options params.Map
		method  string
		uri     string
		body    string
		header  string // the values of those that the test looks at
	}{
		"by default":           {"/p?q=1", params.Of(), "GET", "/p?q=1", "", ""},
		"without a path":       {"", params.Of(), "GET", "/", "", ""},
		"another method":       {"/p", params.Of("method", "delete"), "DELETE", "/p", "", ""},
		"query as a map":       {"/p?q=1", params.Of("query", object), "GET", "/p?q=1&b=1&a=x+y", "", ""},
		"query as JSON":        {"/p", params.Of("query", `{"b":1,"a":"x y"}`), "GET", "/p?b=1&a=x+y", "", ""},
		"query as text":        {"/p", params.Of("query", "b=1&a=x%20y&c&=&d=é"), "GET", "/p?b=1&a=x+y&c=&=&d=%C3%A9", "", ""},
		"query with secrets":   {"/p", params.Of("query", params.Of("${secret:k}", "${secret:k}")), "GET", "/p?s%26cret=s%26cret", "", ""},
		"path with a secret":   {"${secret:u}", params.Of(), "GET", "/hidden", "", ""},
		"text":                 {"/p", params.Of("method", "POST", "content", "x y"), "POST", "/p", "x y", "plain/text"},
		"a number as text":     {"/p", params.Of("method", "POST", "content", 1.0), "POST", "/p", "1.0", "plain/text"},
		"an object":            {"/p", params.Of("method", "POST", "content", object), "POST", "/p", `{"b":1,"a":"x y"}`, "application/json"},
		"a list":               {"/p", params.Of("method", "PUT", "content", []any{1, nil}), "PUT", "/p", `[1,null]`, "application/json"},
		"a text as JSON":       {"/p", params.Of("method", "POST", "content", "x", "content_format", "JSON"), "POST", "/p", `"x"`, "application/json"},
		"a form":               {"/p", params.Of("method", "POST", "content", object, "content_format", "form"), "POST", "/p", "b=1&a=x+y", "application/x-www-form-urlencoded"},
		"no other form":        {"/p", params.Of("method", "POST", "content", object, "content_format", "form", "content_type", "x/y"), "POST", "/p", "b=1&a=x+y", "application/x-www-form-urlencoded"},
		"another type":         {"/p", params.Of("method", "POST", "content", "<a/>", "content_type", "text/xml"), "POST", "/p", "<a/>", "text/xml"},
		"content with secrets": {"/p", params.Of("method", "POST", "content", params.Of("${secret:k}", []any{"${secret:k}", params.Of("${secret:u}", 1)})), "POST", "/p", `{"s&cret":["s&cret",{"/hidden":1}]}`, "application/json"},
		"no content":           {"/p", params.Of("method", "POST", "content", nil), "POST", "/p", "", ""},
		"headers":              {"/p", params.Of("headers", []any{params.Of("X-A", 1), params.Of("X-B", "${secret:k}"), params.Of("X-A", "2")}), "GET", "/p", "", "1,2;s&cret"},
		"its own type":         {"/p", params.Of("method", "POST", "content", "x", "headers", []any{params.Of("content-type", "a/b")}), "POST", "/p", "x", "a/b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, got := record(t)
			r, err := run(t.Context(), task("http", params.Of("_command", server.URL+tt.path).Merge(tt.options), vault))
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"http":{"last_status":200}} [http.last_status]`; fmt.Sprint(r.Store, r.Reset) != want {
				t.Errorf("got %v %v, want %s", r.Store, r.Reset, want)
			}
			header := got.header.Get("Content-Type")
			if a := got.header["X-A"]; a != nil {
				header = strings.Join(a, ",") + ";" + got.header.Get("X-B")
			}
			have := []string{got.method, got.uri, got.body, header, got.header.Get("User-Agent")}
			if diff := cmp.Diff([]string{tt.method, tt.uri, tt.body, tt.header, "pawl"}, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHostHeaderIsTheTasksToChoose(t *testing.T) {
	t.Parallel()
	server, got := record(t)
	p := params.Of("_command", server.URL, "headers", []any{params.Of("Host", "example.com")})
	if _, err := run(t.Context(), task("http", p, nil)); err != nil || got.host != "example.com" {
		t.Errorf("got %s, %v", got.host, err)
	}
}

func TestSecretsAuthorizeARequest(t *testing.T) {
	t.Parallel()
	const basic = "Basic dXNlcjpwYXNz"
	own := params.Of("headers", []any{params.Of("Authorization", "own")})
	for name, tt := range map[string]struct {
		secrets secret.Map
		options params.Map
		want    string
	}{
		"none":              {secret.Map{"http.password": "pass"}, params.Map{}, ""},
		"verbatim":          {secret.Map{"http.authorization": "Bearer t", "http.user": "user"}, params.Map{}, "Bearer t"},
		"user and password": {secret.Map{"http.user": "user", "http.password": "pass"}, params.Map{}, basic},
		"user alone":        {secret.Map{"http.user": "user"}, params.Map{}, "Basic dXNlcjo="},
		"its own header":    {secret.Map{"http.user": "user"}, own, "own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, got := record(t)
			_, err := run(t.Context(), task("http", params.Of("_command", server.URL).Merge(tt.options), tt.secrets))
			if header := got.header.Get("Authorization"); header != tt.want || err != nil {
				t.Errorf("got %q, %v, want %q", header, err, tt.want)
			}
		})
	}
}

func TestSecretURIsAreNotShown(t *testing.T) {
	t.Parallel()
	gone := answers(t, http.StatusGone, "", "")
	gone.Config.SetKeepAlivesEnabled(false)
	closed := answers(t, http.StatusOK, "", "")
	closed.Close()
	for name, tt := range map[string]struct {
		secrets secret.Map
		command string
		want    string
	}{
		"the whole":           {secret.Map{"http.uri": gone.URL + "/k3y"}, "ignored", "HTTP 4XX Client Error: GET http://*** - 410 Gone"},
		"a part":              {secret.Map{"k": "k3y"}, gone.URL + "/${secret:k}", "HTTP 4XX Client Error: GET http://*** - 410 Gone"},
		"a password":          {nil, strings.Replace(gone.URL, "://", "://user:k3y@", 1) + "/p", "HTTP 4XX Client Error: GET " + gone.URL + "/p - 410 Gone"},
		"where nobody is":     {secret.Map{"http.uri": closed.URL + "/k3y"}, "", "HTTP request failed: GET http://*** - connection refused; next try in 1s"},
		"what is no URI":      {secret.Map{"http.uri": "http://k3y:x"}, "", "the secret URI is not valid"},
		"what is no HTTP URI": {secret.Map{"http.uri": "k3y://x"}, "", "URI must start with http:// or https:// and a host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := task("http", params.Of("_command", tt.command), tt.secrets)
			_, err := run(t.Context(), task)
			all := fmt.Sprint(err, printed(task))
			if !strings.Contains(all, tt.want) || strings.Contains(all, "k3y/") || strings.Contains(all, "/k3y") {
				t.Errorf("got %s, want %s", all, tt.want)
			}
		})
	}
}

func TestAnswersDecide(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	for name, tt := range map[string]struct {
		status  int
		body    string
		options params.Map
		want    string // of the error; "" for success, "again" for another try
	}{
		"success":                  {204, "", params.Of(), ""},
		"redirect without address": {304, "", params.Of(), ""},
		"client error":             {404, "no such thing\n", params.Of("retry", true), "HTTP 4XX Client Error: GET URL/p - 404 Not Found: no such thing"},
		"long answer":              {400, long, params.Of(), "HTTP 4XX Client Error: GET URL/p - 400 Bad Request: " + long[:400]},
		"busy":                     {429, "", params.Of("retry", false), "again"},
		"timeout":                  {408, "", params.Of("method", "POST"), "again"},
		"server error":             {503, "", params.Of(), "again"},
		"server error, not safe":   {503, "sorry", params.Of("method", "POST"), "HTTP 5XX Server Error: POST URL/p - 503 Service Unavailable: sorry"},
		"server error, retry":      {500, "", params.Of("method", "POST", "retry", "true"), "again"},
		"server error, no retry":   {500, "", params.Of("retry", false), "HTTP 5XX Server Error: GET URL/p - 500 Internal Server Error"},
		"odd":                      {600, "", params.Of("retry", false), "Unexpected HTTP status: GET URL/p - 600 "},
		"odd, retry":               {600, "", params.Of(), "again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := answers(t, tt.status, "", tt.body)
			r, err := run(t.Context(), task("http", params.Of("_command", server.URL+"/p").Merge(tt.options), nil))
			got := ""
			switch {
			case err != nil:
				var failure *operator.Error
				if got = strings.ReplaceAll(err.Error(), server.URL, "URL"); !errors.As(err, &failure) {
					t.Errorf("not a deliberate failure: %v", err)
				}
			case r.Wait != nil:
				got = "again"
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRequestIsMadeAgainLessAndLessOften(t *testing.T) {
	t.Parallel()
	task := task("http", params.Of("_command", answers(t, 500, "", "").URL), nil)
	task.State = params.Of("other", "kept")
	var waits []int
	for i := range 8 {
		r, err := run(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		if want := "500 Internal Server Error; next try in 2s"; i == 1 && r.Wait.Reason != want {
			t.Errorf("the reason is %q, want %q", r.Wait.Reason, want)
		}
		waits = append(waits, int(r.Wait.Until.Sub(now).Seconds()))
		task.State = r.Wait.State
	}
	if diff := cmp.Diff([]int{1, 2, 4, 8, 16, 30, 30, 30}, waits); diff != "" {
		t.Error(diff)
	}
	if got, want := fmt.Sprint(task.State), `{"other":"kept","retry":8}`; got != want {
		t.Errorf("state %s, want %s", got, want)
	}
}

func TestPagesForBrowsersAreNotShown(t *testing.T) {
	t.Parallel()
	server := answers(t, 404, "text/html; charset=utf-8", "<html>\n<body>no</body></html>")
	_, err := run(t.Context(), task("http", params.Of("_command", server.URL), nil))
	if want := "HTTP 4XX Client Error: GET " + server.URL + " - 404 Not Found"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLostRequests(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	for name, tt := range map[string]struct {
		options params.Map
		want    string
	}{
		"are made again":   {params.Of("timeout", 1), "again"},
		"fail if not safe": {params.Of("timeout", "1", "method", "POST"), "HTTP request failed: POST URL - timed out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := run(t.Context(), task("http", params.Of("_command", slow.URL).Merge(tt.options), nil))
			got := "again"
			if err != nil {
				got = strings.ReplaceAll(err.Error(), slow.URL, "URL")
			}
			if got != tt.want || err == nil && r.Wait == nil {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCancelledRequestEndsWithTheCause(t *testing.T) {
	t.Parallel()
	why := errors.New("cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	release := make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) {
		cancel(why)
		<-release
	})
	t.Cleanup(func() { close(release) })
	if _, err := run(ctx, task("http", params.Of("_command", server.URL), nil)); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var referers []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		referers = append(referers, r.Referer())
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		if n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
		}
	})
	for _, tt := range []struct {
		path    string
		options params.Map
		setting string
		want    string
	}{
		{"/8", params.Of(), "", `{"http":{"last_status":200}}`},
		{"/9", params.Of(), "", "HTTP request failed: GET URL/9 - more than 8 redirects"},
		{"/3", params.Of("follow_redirects", false), "", `{"http":{"last_status":302}}`},
		{"/3", params.Of(), "2", "HTTP request failed: GET URL/3 - more than 2 redirects"},
	} {
		task := task("http", params.Of("_command", server.URL+tt.path).Merge(tt.options), nil)
		if tt.setting != "" {
			task.Services.Settings = map[string]string{"config.http.max_redirects": tt.setting}
		}
		r, err := run(t.Context(), task)
		got := fmt.Sprint(r.Store)
		if err != nil {
			got = strings.ReplaceAll(err.Error(), server.URL, "URL")
		}
		if got != tt.want {
			t.Errorf("%s %v: got %s, want %s", tt.path, tt.options, got, tt.want)
		}
	}
	if all := strings.Join(referers, ""); all != "" {
		t.Errorf("a redirect told where it came from: %s", all)
	}
}

func TestContentIsStored(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("é", 65536)
	for name, tt := range map[string]struct {
		mediaType, body, want string
	}{
		"as UTF-8":                {"text/plain", "é", "é"},
		"without a type":          {"", "é", "é"},
		"of another charset":      {"text/plain; charset=ISO-8859-1", "\xe9", "é"},
		"of two bytes each":       {"text/plain; charset=UTF-16", "\xfe\xff\x00\xe9\xd8\x3d\xde\x00", "é😀"},
		"the other way round":     {"text/plain; charset=utf-16", "\xff\xfe\xe9\x00", "é"},
		"little end first":        {"text/plain; charset=utf-16le", "\xe9\x00", "é"},
		"what is not UTF-8":       {"text/plain", "a\xffb", "a\uFFFDb"},
		"as much as there may be": {"", full, full},
		"one more":                {"", full + "é", "error: Response content too large: more than 65536 characters"},
		"much more":               {"", strings.Repeat("x", 1<<20), "error: Response content too large: more than 65536 characters"},
		"of an unknown charset":   {"text/plain; charset=klingon", "x", "error: Unsupported charset in the response: klingon"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := params.Of("_command", answers(t, 200, tt.mediaType, tt.body).URL, "store_content", true)
			r, err := run(t.Context(), task("http", p, nil))
			stored, _ := r.Store.At("http", "last_content")
			got := fmt.Sprint(stored)
			if err != nil {
				got = "error: " + err.Error()
			} else if reset := fmt.Sprint(r.Reset); reset != "[http.last_status http.last_content]" {
				t.Errorf("reset %s", reset)
			}
			if got != tt.want {
				t.Errorf("got %.100s, want %.100s", got, tt.want)
			}
		})
	}
}

func TestStoredContentIsAsLongAsTheSystemLets(t *testing.T) {
	t.Parallel()
	task := task("http", params.Of("_command", answers(t, 200, "", "four").URL, "store_content", true), nil)
	task.Services.Settings = map[string]string{"config.http.max_stored_response_content_size": "3"}
	if _, err := run(t.Context(), task); err == nil || err.Error() != "Response content too large: more than 3 characters" {
		t.Errorf("got %v", err)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	var seen []string
	proxy := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.URL.Host) })
	host, port, _ := net.SplitHostPort(proxy.Listener.Addr().String())
	own := params.Of("enabled", true, "host", host, "port", port)
	system := map[string]string{
		"config.http.proxy.enabled": "true", "config.http.proxy.host": host, "config.http.proxy.port": port,
		"config.http.allow_user_proxy": "true",
	}
	for _, tt := range []struct {
		name     string
		proxy    params.Map
		settings map[string]string
		want     string
	}{
		{"own", own, nil, "own.invalid"},
		{"system", params.Of("enabled", false), system, "system.invalid"},
		{"preferred", params.Of("enabled", true, "host", host, "port", port), map[string]string{
			"config.http.proxy.enabled": "true", "config.http.proxy.host": "nowhere.invalid", "config.http.proxy.port": "1",
		}, "preferred.invalid"},
		{"forbidden", params.Of("enabled", true, "host", "nowhere.invalid", "port", 1), map[string]string{
			"config.http.proxy.enabled": "true", "config.http.proxy.host": host, "config.http.proxy.port": port,
			"config.http.allow_user_proxy": "false",
		}, "forbidden.invalid"},
	} {
		task := task("http", params.Of("_command", "http://"+tt.name+".invalid/", "proxy", tt.proxy, "retry", false), nil)
		task.Services.Settings = tt.settings
		_, err := run(t.Context(), task)
		if err != nil || len(seen) == 0 || seen[len(seen)-1] != tt.want {
			t.Errorf("%s: %v, the proxy saw %v", tt.name, err, seen)
		}
	}
}

func TestInsecureAcceptsAnyCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	if _, err := run(t.Context(), task("http", params.Of("_command", server.URL, "insecure", true), nil)); err != nil {
		t.Error(err)
	}
	_, err := run(t.Context(), task("http", params.Of("_command", server.URL, "retry", false), nil))
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}
