package difference_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture/difference"
)

func node(name string, config params.Map, after []string, children ...any) params.Map {
	edges := make([]any, len(after))
	for i, a := range after {
		edges[i] = params.Of("fullName", a, "on", "success")
	}
	return params.Of("fullName", name, "config", config, "after", edges, "children", children)
}

func TestBetween(t *testing.T) {
	t.Parallel()
	none := params.Map{}
	from := node("+w", none, nil,
		node("+w+a", params.Of("sh>", "a", "_retry", int64(1)), nil),
		node("+w+gone", params.Of("sh>", "g"), []string{"+w+a"}),
		node("+w+b", params.Of("sh>", "b"), []string{"+w+gone"}))
	to := node("+w", none, nil,
		node("+w+a", params.Of("sh>", "A", "_workdir", "x"), nil),
		node("+w+new", params.Of("sh>", "n"), []string{"+w+a"}),
		node("+w+b", params.Of("sh>", "b"), []string{"+w+a"}))
	changes := func(from, to params.Map) string {
		text := ""
		for _, c := range difference.Between(from, to) {
			text += c.Task + " " + c.What
			for _, p := range c.Parts {
				text += "; " + p.Name + " " + string(params.AppendJSON(nil, p.From)) + " " + string(params.AppendJSON(nil, p.To))
			}
			text += "\n"
		}
		return text
	}
	for name, tc := range map[string]struct {
		from, to params.Map
		want     string
	}{
		"forth": {from, to, "+w+a changed; sh> \"a\" \"A\"; _workdir null \"x\"; _retry 1 null\n+w+new added\n+w+gone removed\n" +
			"+w+b changed; comes after [\"+w+gone\"] [\"+w+a\"]\n"},
		"nothing":          {from, from, ""},
		"another name":     {node("+v", none, nil, node("+v+a", none, nil), node("+v+b", none, []string{"+v+a"})), node("+w", none, nil, node("+w+a", none, nil), node("+w+b", none, []string{"+w+a"})), ""},
		"another order":    {node("+w", none, nil, node("+w+a", none, nil), node("+w+b", none, nil)), node("+w", none, nil, node("+w+b", none, nil), node("+w+a", none, nil)), ""},
		"the last is gone": {node("+w", none, nil, node("+w+a", none, nil), node("+w+b", none, nil)), node("+w", none, nil, node("+w+a", none, nil)), "+w+b removed\n"},
		"no trees":         {none, none, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, changes(tc.from, tc.to)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
