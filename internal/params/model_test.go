package params_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

// model is a map as plainly as it can be written: pairs in order. Nested maps
// are models too.
type model []pair

type pair struct {
	Key   string
	Value any
}

func (m model) index(key string) int {
	return slices.IndexFunc(m, func(p pair) bool { return p.Key == key })
}

func (m model) set(key string, v any) model {
	m = slices.Clone(m)
	if i := m.index(key); i >= 0 {
		m[i].Value = v
		return m
	}
	return append(m, pair{key, v})
}

func (m model) delete(key string) model {
	return slices.DeleteFunc(slices.Clone(m), func(p pair) bool { return p.Key == key })
}

func (m model) merge(over model) model {
	for _, p := range over {
		v := p.Value
		if o, ok := v.(model); ok {
			base := model{}
			if i := m.index(p.Key); i >= 0 {
				base, _ = m[i].Value.(model)
			}
			v = append(model{}, base.merge(o)...)
		}
		m = m.set(p.Key, v)
	}
	return m
}

func templated(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "$")
	case []any:
		return slices.ContainsFunc(v, templated)
	case model:
		return slices.ContainsFunc(v, func(p pair) bool { return templated(p.Value) })
	}
	return false
}

// value converts what the model holds by the public interface.
func (m model) value() params.Map {
	var out params.Map
	for _, p := range m {
		out = out.Set(p.Key, toValue(p.Value))
	}
	return out
}

func toValue(v any) params.Value {
	switch v := v.(type) {
	case model:
		return v.value()
	case []any:
		out := []params.Value{}
		for _, e := range v {
			out = append(out, toValue(e))
		}
		return out
	}
	return v
}

func toModel(v params.Value) any {
	switch v := v.(type) {
	case params.Map:
		out := model{}
		for k, e := range v.All() {
			out = append(out, pair{k, toModel(e)})
		}
		return out
	case []params.Value:
		out := []any{}
		for _, e := range v {
			out = append(out, toModel(e))
		}
		return out
	}
	return v
}

// keys are few, so that they meet again, but enough for several levels.
var keys = rapid.Custom(func(t *rapid.T) string {
	return fmt.Sprintf("k%d", rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 600)).Draw(t, "key"))
})

func values(depth int) *rapid.Generator[any] {
	scalars := rapid.OneOf(
		rapid.Just(any(nil)), rapid.Bool().AsAny(), rapid.Int64().AsAny(),
		rapid.Float64().AsAny(), rapid.StringMatching(`[a$é"\\\n]{0,3}`).AsAny(),
	)
	if depth == 0 {
		return scalars
	}
	return rapid.OneOf(scalars, scalars,
		rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "list") }),
		rapid.Custom(func(t *rapid.T) any { return models(depth-1, 4).Draw(t, "map") }))
}

func models(depth, size int) *rapid.Generator[model] {
	return rapid.Custom(func(t *rapid.T) model {
		m := model{}
		for range rapid.IntRange(0, size).Draw(t, "size") {
			m = m.set(keys.Draw(t, "key"), values(depth).Draw(t, "value"))
		}
		return m
	})
}

func checkAgainst(t *rapid.T, m params.Map, want model) {
	t.Helper()
	if diff := cmp.Diff(any(want), toModel(m)); diff != "" {
		t.Fatalf("content differs: %s", diff)
	}
	if m.Len() != len(want) {
		t.Fatalf("Len is %d, want %d", m.Len(), len(want))
	}
	var gotTemplated, wantTemplated []string
	for k := range m.TemplatedEntries() {
		gotTemplated = append(gotTemplated, k)
	}
	for _, p := range want {
		v, ok := m.Get(p.Key)
		if diff := cmp.Diff(p.Value, toModel(v)); !ok || diff != "" {
			t.Fatalf("Get(%s): %v %s", p.Key, ok, diff)
		}
		if templated(p.Value) {
			wantTemplated = append(wantTemplated, p.Key)
		}
	}
	if diff := cmp.Diff(wantTemplated, gotTemplated); diff != "" {
		t.Fatalf("templated entries differ: %s", diff)
	}
	if m.Templated() != (wantTemplated != nil) {
		t.Fatalf("Templated is %v", m.Templated())
	}
}

func TestMapBehavesAsOrderedPairs(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		var m params.Map
		var want model = model{}
		for i := range rapid.SampledFrom([]int{0, 15, 16, 17, 255, 257, 400}).Draw(t, "start") {
			k := fmt.Sprintf("k%d", i)
			m, want = m.Set(k, int64(i)), append(want, pair{k, int64(i)})
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				k, v := keys.Draw(t, "key"), values(2).Draw(t, "value")
				m, want = m.Set(k, toValue(v)), want.set(k, v)
			},
			"delete": func(t *rapid.T) {
				k := keys.Draw(t, "key")
				m, want = m.Delete(k), want.delete(k)
			},
			"delete many": func(t *rapid.T) {
				for n := rapid.IntRange(0, len(want)).Draw(t, "n"); n > 0; n-- {
					m, want = m.Delete(want[0].Key), want.delete(want[0].Key)
				}
			},
			"merge": func(t *rapid.T) {
				over := models(2, 30).Draw(t, "over")
				m, want = m.Merge(over.value()), want.merge(over)
			},
			"": func(t *rapid.T) { checkAgainst(t, m, want) },
		})
	})
}

func TestEveryFormReadsBackTheSame(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		want := models(3, 40).Draw(t, "map")
		m := want.value()

		fromJSON, err := params.ParseJSON(params.AppendJSON(nil, m))
		if err != nil {
			t.Fatal(err)
		}
		checkAgainst(t, fromJSON.(params.Map), want)

		fromBinary, rest, err := params.DecodeBinary(append(params.AppendBinary(nil, m), "rest"...))
		if err != nil || string(rest) != "rest" {
			t.Fatal(err, rest)
		}
		checkAgainst(t, fromBinary.(params.Map), want)

		if !m.Equal(fromJSON.(params.Map)) || !m.Equal(fromBinary.(params.Map)) {
			t.Fatal("the values are not equal")
		}
	})
}

func TestMergeIsAssociativeOnMapsOfMaps(t *testing.T) {
	t.Parallel()
	// Only where maps meet maps: a scalar between two maps separates them.
	nested := rapid.Custom(func(t *rapid.T) params.Map {
		m := params.Map{}
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			m = m.SetAt(rapid.Int64().Draw(t, "v"), rapid.StringMatching(`[ab]`).Draw(t, "a"), keys.Draw(t, "b"))
		}
		return m
	})
	prop.Check(t, func(t *rapid.T) {
		a, b, c := nested.Draw(t, "a"), nested.Draw(t, "b"), nested.Draw(t, "c")
		if left, right := a.Merge(b).Merge(c), a.Merge(b.Merge(c)); text(left) != text(right) {
			t.Fatalf("%v\n%v", left, right)
		}
	})
}
