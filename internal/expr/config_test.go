package expr_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t, "UTC")
	for _, c := range []struct {
		name         string
		scope, local params.Map
		want         string
	}{
		{
			name:  "merges and evaluates at any depth",
			scope: params.Of("day", "x", "out", "${day}/o", "m", params.Of("a", "${day}", "n", 1)),
			local: params.Of("m", params.Of("l", []any{"${day}", []any{"${n}"}, params.Of("k", "${day}")}), "n", 2),
			want:  `{"day":"x","out":"x/o","m":{"a":"x","n":1,"l":["x",["1"],{"k":"x"}]},"n":2}`,
		},
		{
			name:  "does not evaluate keys",
			local: params.Of("${x}", "v", "k", params.Of("$$", "$$")),
			want:  `{"${x}":"v","k":{"$$":"$"}}`,
		},
		{
			name:  "leaves bodies alone",
			local: params.Of("_do", params.Of("echo>", "${i}"), "_else_do", params.Of("echo>", "${i}"), "m", params.Of("_do", "${i}", "x", "${1}")),
			want:  `{"_do":{"echo>":"${i}"},"_else_do":{"echo>":"${i}"},"m":{"_do":"${i}","x":"1"}}`,
		},
		{
			name:  "shows earlier keys evaluated and later ones raw",
			scope: params.Of("a", "${'A'}", "b", "${a} ${c}", "c", "${'C'}"),
			want:  `{"a":"A","b":"A ${'C'}","c":"C"}`,
		},
		{
			name:  "does not evaluate results again",
			scope: params.Of("a", "${'$' + '{b}'}", "b", "B", "c", "${a}"),
			want:  `{"a":"${b}","b":"B","c":"${b}"}`,
		},
		{
			name:  "shows local keys to later local ones only",
			scope: params.Of("s", "${typeof n} ${typeof t}"),
			local: params.Of("before", "${typeof n}", "n", 1, "after", "${n}", "t", "${'T'}", "last", "${t}"),
			want:  `{"s":"undefined undefined","before":"undefined","n":1,"after":"1","t":"T","last":"T"}`,
		},
		{
			name:  "keeps an overridden key in its place",
			scope: params.Of("early", "${k}", "k", "old", "late", "${k}"),
			local: params.Of("x", "${k}", "k", "new"),
			want:  `{"early":"old","k":"new","late":"new","x":"new"}`,
		},
		{
			name:  "evaluates an overriding text in the place of the overridden key",
			scope: params.Of("k", "old", "late", "${k}"),
			local: params.Of("n", "N", "k", "${typeof n}"),
			want:  `{"k":"undefined","late":"undefined","n":"N"}`,
		},
		{
			name:  "shows raw outer values in nested maps",
			scope: params.Of("session_date", "2016-01-30", "a", "/x/${session_date}", "m", params.Of("p", "${a}/y")),
			want:  `{"session_date":"2016-01-30","a":"/x/2016-01-30","m":{"p":"/x/${session_date}/y"}}`,
		},
		{
			name:  "shows earlier keys of a nested map as bare names",
			scope: params.Of("a", "outer", "m", params.Of("x", "${a}", "a", "inner", "y", "${a}", "z", "${x} ${typeof later}", "later", 1)),
			want:  `{"a":"outer","m":{"x":"outer","a":"inner","y":"inner","z":"outer undefined","later":1}}`,
		},
		{
			name:  "does not show local keys in nested maps",
			local: params.Of("n", 1, "m", params.Of("x", "${typeof n}")),
			want:  `{"n":1,"m":{"x":"undefined"}}`,
		},
		{
			name:  "gives list elements the scope of the map around the list",
			local: params.Of("n", "${1}", "l", []any{"${n}", "${typeof l}", []any{"${n}"}, params.Of("x", "${typeof n}")}),
			want:  `{"n":"1","l":["1","undefined",["1"],{"x":"undefined"}]}`,
		},
		{
			name:  "shows evaluated maps and lists to later keys",
			scope: params.Of("m", params.Of("x", "${1 + 1}"), "l", []any{"${3}"}, "s", "${m.x}${l[0]}"),
			want:  `{"m":{"x":"2"},"l":["3"],"s":"23"}`,
		},
		{
			name:  "shows bodies as they are",
			scope: params.Of("_do", "${x}", "s", "${_do}"),
			want:  `{"_do":"${x}","s":"${x}"}`,
		},
		{
			name:  "shows the scope as this",
			scope: params.Of("a", 1, "b", "${'B'}", "c", "${JSON.stringify(this)}", "d", "${'D'}"),
			local: params.Of("n", 1),
			want:  `{"a":1,"b":"B","c":"{\"a\":1,\"b\":\"B\",\"c\":\"${JSON.stringify(this)}\",\"d\":\"${'D'}\"}","d":"D","n":1}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := e.Config(c.scope, c.local)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, fmt.Sprint(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestConfigFailsOnAnyText(t *testing.T) {
	t.Parallel()
	_, err := newEvaluator(t, "UTC").Config(params.Of("unused", params.Of("l", []any{"${missing}"})), params.Of("k", "v"))
	wantReason(t, err, "${missing}", "ReferenceError: missing is not defined")
}

func TestConfigSharesWhatHoldsNoText(t *testing.T) {
	t.Parallel()
	plain := params.Of("a", 1)
	got, err := newEvaluator(t, "UTC").Config(params.Of("plain", plain, "text", "${1}"), params.Map{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := got.Get("plain"); v != any(plain) {
		t.Error("a map without text was copied")
	}
	scope := params.Of("a", 1)
	if got, err := newEvaluator(t, "UTC").Config(scope, params.Map{}); err != nil || got != scope {
		t.Errorf("a configuration without text was copied: %v", err)
	}
}
