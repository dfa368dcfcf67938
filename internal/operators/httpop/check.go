package httpop

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// checkRequest sees what is wrong with an http task as it is written. A secret
// may replace its command.
func checkRequest(d *operator.Draft) {
	checkOptions(d)
	d.Read(func(m params.Map) error { _, err := m.BoolOr("store_content", false); return err }, "store_content")
	d.Read(func(m params.Map) error { _, err := m.StringOr("_command", ""); return err }, "_command")
	if uri, ok := d.Text("_command"); ok {
		if _, err := parseTarget(uri, false); err != nil {
			d.Warn("_command", err)
		}
	}
}

// checkCall sees what is wrong with an http_call task as it is written.
func checkCall(d *operator.Draft) {
	checkOptions(d)
	d.Read(func(m params.Map) error { _, err := m.StringOr("content_type_override", ""); return err }, "content_type_override")
	d.Read(func(m params.Map) error {
		uri, err := m.String("_command")
		if err == nil {
			_, err = parseTarget(uri, false)
		}
		return err
	}, "_command")
}

// checkOptions looks at what both operators have.
func checkOptions(d *operator.Draft) {
	filled := filler{context.Background(), anySecret{}}
	if method, ok := d.Text("method"); ok && !slices.Contains(methods, strings.ToUpper(method)) {
		if hint := document.DidYouMean(strings.ToUpper(method), methods); hint != "" {
			d.Warn("method", model.Errorf(model.Invalid, "%q is no usual method of HTTP", method).WithHint("%s", hint))
		}
	}
	for _, read := range []struct {
		keys []string
		with func(params.Map) error
	}{
		{[]string{"method", "retry"}, func(m params.Map) error { _, err := readOptions(only(m, "method", "retry"), nil); return err }},
		{[]string{"timeout"}, func(m params.Map) error { _, err := readOptions(only(m, "timeout"), nil); return err }},
		{[]string{"follow_redirects"}, func(m params.Map) error { _, err := readOptions(only(m, "follow_redirects"), nil); return err }},
		{[]string{"insecure"}, func(m params.Map) error { _, err := readOptions(only(m, "insecure"), nil); return err }},
		{[]string{"proxy"}, func(m params.Map) error { _, err := readOptions(only(m, "proxy"), nil); return err }},
		{[]string{"content", "content_format", "content_type"}, func(m params.Map) error { _, err := readContent(m, filled); return err }},
		{[]string{"query"}, func(m params.Map) error { _, err := readQuery(m, filled); return err }},
		{[]string{"headers"}, func(m params.Map) error { _, err := readHeaders(m, filled); return err }},
	} {
		d.Read(read.with, read.keys...)
	}
}

// methods are those of HTTP. Servers may know others.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

// anySecret stands for secrets that only the run has.
type anySecret struct{}

func (anySecret) Secret(context.Context, string) (string, error) { return "secret", nil }

// only returns a map of some keys of m.
func only(m params.Map, keys ...string) params.Map {
	var some params.Map
	for _, key := range keys {
		if v, ok := m.Get(key); ok {
			some = some.Set(key, v)
		}
	}
	return some
}
