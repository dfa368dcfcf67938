package httpop_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
)

func TestRequestsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	object := params.Of("a", params.Of())
	for want, p := range map[string]params.Map{
		"'_command' is required":        params.Of("_command", nil),
		"not \"example.com\"":           params.Of("_command", "example.com"),
		"URI is not valid":              params.Of("_command", "http://a b"),
		`method "A B" is not valid`:     params.Of("method", "a b"),
		"Expected string type":          params.Of("method", params.Of()),
		"timeout must be":               params.Of("timeout", -1),
		"Expected integer":              params.Of("timeout", "30s"),
		"key 'retry'":                   params.Of("retry", "x"),
		"key 'insecure'":                params.Of("insecure", "x"),
		"key 'follow_redirects'":        params.Of("follow_redirects", "x"),
		"key 'store_content'":           params.Of("store_content", "x"),
		"key 'proxy'":                   params.Of("proxy", 1),
		"'host' is required":            params.Of("proxy", params.Of("enabled", true)),
		"'port' is required":            params.Of("proxy", params.Of("enabled", true, "host", "h")),
		"objects: 'text'":               params.Of("content", object, "content_format", "text"),
		"arrays: 'form'":                params.Of("content", []any{}, "content_format", "form"),
		"scalars: 'form'":               params.Of("content", "x", "content_format", "form"),
		"scalars: 'xml'":                params.Of("content", "x", "content_format", "xml"),
		"form content field value: {}":  params.Of("content", object, "content_format", "form"),
		`Invalid header: "x"`:           params.Of("headers", []any{"x"}),
		`Invalid header: {}`:            params.Of("headers", []any{params.Of()}),
		`Invalid header: {"a":1,"b":2}`: params.Of("headers", []any{params.Of("a", 1, "b", 2)}),
		`Invalid header: {"a":[]}`:      params.Of("headers", []any{params.Of("a", []any{})}),
		"key 'headers'":                 params.Of("headers", params.Of("a", 1)),
		"query is not of the form":      params.Of("query", "a=%zz"),
		"key 'query'":                   params.Of("query", 1),
		"query: Expected string type":   params.Of("query", object),
		"Secret not found for key: 'k'": params.Of("query", "${secret:k}"),
		"Invalid parametrization":       params.Of("content", "${other:k}"),
	} {
		_, err := run(t.Context(), task("http", params.Of("_command", "http://localhost:1").Merge(p), secret.Map{}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", p, err, want)
		}
	}
	for want, settings := range map[string]map[string]string{
		"config.http.max_redirects must be a number":                    {"config.http.max_redirects": "x"},
		"config.http.max_stored_response_content_size must be a number": {"config.http.max_stored_response_content_size": "-1"},
		"config.http.allow_user_proxy must be true or false":            {"config.http.allow_user_proxy": "x"},
		"settings config.http.proxy.*: Parameter 'host' is required":    {"config.http.proxy.enabled": "true"},
	} {
		task := task("http", params.Of("_command", "http://localhost:1"), secret.Map{})
		task.Services.Settings = settings
		if _, err := run(t.Context(), task); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", settings, err, want)
		}
	}
}

// A query text is kept as it is, whatever it holds, or refused.
func FuzzQuery(f *testing.F) {
	f.Add("a=b&c=d")
	f.Add("a=%41&&=&é=+")
	f.Add(`{"a":"b"}`)
	f.Add("%")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	f.Cleanup(server.Close)
	f.Fuzz(func(t *testing.T, query string) {
		_, err := run(t.Context(), task("http", params.Of("_command", server.URL, "query", query), secret.Map{}))
		if err != nil && strings.Contains(err.Error(), "400") {
			t.Errorf("the server can't read %q: %v", query, err)
		}
	})
}
