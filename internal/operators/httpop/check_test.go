package httpop_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/operators/httpop"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestMistakesShowBeforeARun(t *testing.T) {
	t.Parallel()
	const uri = "https://example.com/"
	for _, tt := range []struct {
		operator string
		config   params.Map
		want     []string
	}{
		{"http", params.Of("_command", uri, "timeout", 3, "headers", []any{params.Of("${secret:a}", "b")}, "query", "a=b"), nil},
		{"http", params.Of("_command", "https://${secret:host}/"), nil},
		{"http", params.Map{}, nil}, // a secret may say where to
		{"http", params.Of("_command", "example.com"),
			[]string{`_command? URI must start with http:// or https:// and a host, not "example.com"`}},
		{"http_call", params.Of("_command", "example.com"),
			[]string{`_command: URI must start with http:// or https:// and a host, not "example.com"`}},
		{"http_call", params.Map{}, []string{"_command: Parameter '_command' is required but not set"}},
		{"http", params.Of("_command", uri, "timeout", -1), []string{"timeout: timeout must be a number of seconds, not -1"}},
		{"http", params.Of("_command", uri, "timeout", "${t}", "retry", "x"),
			[]string{`method: Expected 'true' or 'false' for key 'retry' but got "x" (string)`}},
		{"http", params.Of("_command", uri, "method", "GETT"), []string{`method? "GETT" is no usual method of HTTP`}},
		{"http", params.Of("_command", uri, "method", "propfind"), nil},
		{"http", params.Of("_command", uri, "headers", []any{"a"}), []string{`headers: Invalid header: "a"`}},
		{"http", params.Of("_command", uri, "content", []any{1}, "content_format", "form"),
			[]string{"content: Invalid content format for arrays: 'form'"}},
		{"http", params.Of("_command", uri, "proxy", params.Of("enabled", true)),
			[]string{"proxy: Parameter 'host' is required but not set"}},
		{"http", params.Of("_command", uri, "query", 3), []string{"query: Expected object type for key 'query' but got 3 (number)"}},
	} {
		t.Run(fmt.Sprint(tt.operator, tt.config), func(t *testing.T) {
			t.Parallel()
			d := operator.Draft{Type: tt.operator, Local: tt.config}
			for _, s := range httpop.Specs(nil) {
				if s.Name == tt.operator {
					s.Check(&d)
				}
			}
			var got []string
			for _, p := range d.Problems {
				sign := ": "
				if p.Unsure {
					sign = "? "
				}
				got = append(got, p.Key+sign+p.Err.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
