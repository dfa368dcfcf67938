package params_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
)

// text shows a map with its order, which Equal ignores.
func text(m params.Map) string { return fmt.Sprint(m) }

func wantText(t *testing.T, m params.Map, want string) {
	t.Helper()
	if got := text(m); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// numbered returns the map k0: 0, k1: 1 and so on.
func numbered(n int) params.Map {
	var m params.Map
	for i := range n {
		m = m.Set("k"+strconv.Itoa(i), int64(i))
	}
	return m
}

func TestZeroMapIsEmpty(t *testing.T) {
	t.Parallel()
	var m params.Map
	if m.Len() != 0 || m.Has("a") || m.Templated() || m.Delete("a") != m {
		t.Error("the zero map has content")
	}
	wantText(t, m, "{}")
	wantText(t, m.Set("", nil), `{"":null}`)
}

func TestSetKeepsPositionAndReceiver(t *testing.T) {
	t.Parallel()
	old := params.Of("a", 1, "b", 2)
	wantText(t, old.Set("a", "x").Set("c", nil), `{"a":"x","b":2,"c":null}`)
	wantText(t, old, `{"a":1,"b":2}`)
}

func TestDeletedKeyReturnsAtTheEnd(t *testing.T) {
	t.Parallel()
	wantText(t, params.Of("a", 1, "b", 2).Delete("a").Set("a", int64(3)), `{"b":2,"a":3}`)
}

func TestDeletingTheLastKeyGivesTheZeroMap(t *testing.T) {
	t.Parallel()
	if m := params.Of("a", 1).Delete("a"); m != (params.Map{}) {
		t.Errorf("got %v, not the zero map", m)
	}
	m := numbered(40)
	for i := range 40 {
		m = m.Delete("k" + strconv.Itoa(i))
	}
	if m != (params.Map{}) {
		t.Errorf("got %v, not the zero map", m)
	}
}

func TestVersionsOfALargeMapAreIndependent(t *testing.T) {
	t.Parallel()
	const n = 5000
	base := numbered(n)
	changed, shrunk := base, base
	for i := range n {
		k := "k" + strconv.Itoa(i)
		changed = changed.Set(k, "new")
		if i%2 == 0 {
			shrunk = shrunk.Delete(k)
		}
	}
	for i := range n {
		k := "k" + strconv.Itoa(i)
		if v, _ := base.Get(k); v != int64(i) {
			t.Fatalf("base has %s = %v", k, v)
		}
		if v, _ := changed.Get(k); v != "new" {
			t.Fatalf("changed has %s = %v", k, v)
		}
		if shrunk.Has(k) != (i%2 == 1) {
			t.Fatalf("shrunk has %s: %v", k, shrunk.Has(k))
		}
	}
}

func TestIterationCanStopEarly(t *testing.T) {
	t.Parallel()
	m := numbered(1000)
	for _, stop := range []int{1, 16, 17, 999} {
		seen := 0
		for k := range m.Keys() {
			if want := "k" + strconv.Itoa(seen); k != want {
				t.Fatalf("key %d is %s", seen, k)
			}
			if seen++; seen == stop {
				break
			}
		}
		if seen != stop {
			t.Errorf("saw %d keys, want %d", seen, stop)
		}
	}
}

func TestTemplatedFollowsContent(t *testing.T) {
	t.Parallel()
	list := []params.Value{int64(1), []params.Value{params.Of("x", "a$b")}}
	for _, tt := range []struct {
		name string
		m    params.Map
		want []string
	}{
		{"plain values", params.Of("a", 1, "b", "x", "c", nil, "d", params.Of("e", 1.5)), nil},
		{"string", params.Of("a", 1, "b", "${x}"), []string{"b"}},
		{"key only", params.Of("$a", 1), nil},
		{"nested map", params.Of("a", params.Of("b", params.Of("c", "$"))), []string{"a"}},
		{"list in list", params.Of("a", list, "b", 1), []string{"a"}},
		{"replaced", params.Of("a", "$").Set("a", "x"), nil},
		{"replaced below", params.Of("a", params.Of("b", "$")).SetAt("x", "a", "b"), nil},
		{"deleted", params.Of("a", "$", "b", "$").Delete("a"), []string{"b"}},
		{"merged over", params.Of("a", "$", "b", "$").Merge(params.Of("a", 1)), []string{"b"}},
		{"merged in", numbered(100).Merge(params.Of("k50", "$")), []string{"k50"}},
		{"deleted in large", numbered(100).Set("k99", "$").Set("k7", "$").Delete("k99"), []string{"k7"}},
		{"last one deleted in large", numbered(100).Set("k9", "$").Delete("k9"), nil},
	} {
		var got []string
		for k := range tt.m.TemplatedEntries() {
			got = append(got, k)
		}
		if !slices.Equal(got, tt.want) || tt.m.Templated() != (tt.want != nil) {
			t.Errorf("%s: got %v and %v, want %v", tt.name, got, tt.m.Templated(), tt.want)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	of := params.Of
	for _, tt := range []struct {
		name       string
		base, over params.Map
		want       string
	}{
		{"new keys follow", of("b", 1), of("c", 2, "a", 3), `{"b":1,"c":2,"a":3}`},
		{"existing keys stay", of("a", 1, "b", 2), of("b", 3, "a", 4), `{"a":4,"b":3}`},
		{"maps merge deeply", of("m", of("x", of("y", 1), "z", 2)), of("m", of("x", of("w", 3))), `{"m":{"x":{"y":1,"w":3},"z":2}}`},
		{"lists replace", of("a", []any{1, 2}), of("a", []any{3}), `{"a":[3]}`},
		{"null replaces", of("a", of("b", 1)), of("a", nil), `{"a":null}`},
		{"scalar replaces map", of("a", of("b", 1)), of("a", 2), `{"a":2}`},
		{"map replaces scalar", of("a", 2), of("a", of("b", 1)), `{"a":{"b":1}}`},
		{"empty map replaces scalar", of("a", 2), of("a", of()), `{"a":{}}`},
		{"empty map keeps map", of("a", of("b", 1)), of("a", of()), `{"a":{"b":1}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := text(tt.base)
			wantText(t, tt.base.Merge(tt.over), tt.want)
			wantText(t, tt.base, before)
		})
	}
}

func TestMergeWithEmptySharesTheOther(t *testing.T) {
	t.Parallel()
	m := numbered(50)
	if m.Merge(params.Map{}) != m || (params.Map{}).Merge(m) != m || m.Merge(m) != m {
		t.Error("a merge that changes nothing makes another map")
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	m := params.Of("a", params.Of("b", params.Of("c", 1), "n", nil), "s", "text")
	for _, tt := range []struct {
		path  string
		want  params.Value
		found bool
	}{
		{"a.b.c", int64(1), true}, {"s", "text", true}, {"a.n", nil, true},
		{"a.x", nil, false}, {"x.y", nil, false}, {"s.x", nil, false}, {"a.n.x", nil, false}, {"", nil, false},
	} {
		if v, ok := m.At(params.SplitPath(tt.path)...); v != tt.want || ok != tt.found {
			t.Errorf("At(%s) = %v, %v", tt.path, v, ok)
		}
	}
	if v, ok := m.At(); v != params.Value(m) || !ok {
		t.Error("the empty path does not lead to the map itself")
	}
}

func TestSetAtMakesParents(t *testing.T) {
	t.Parallel()
	m := params.Of("a", params.Of("b", 1), "s", "text")
	wantText(t, m.SetAt(int64(2), "a", "b"), `{"a":{"b":2},"s":"text"}`)
	wantText(t, m.SetAt(true, "a", "x", "y"), `{"a":{"b":1,"x":{"y":true}},"s":"text"}`)
	wantText(t, m.SetAt(nil, "s", "t"), `{"a":{"b":1},"s":{"t":null}}`)
	if m.SetAt(1) != m {
		t.Error("an empty path changes the map")
	}
}

func TestDeleteAtStopsSilently(t *testing.T) {
	t.Parallel()
	m := params.Of("a", params.Of("b", params.Of("c", 1), "d", 2), "s", "text")
	wantText(t, m.DeleteAt("a", "b", "c"), `{"a":{"b":{},"d":2},"s":"text"}`)
	wantText(t, m.DeleteAt("a"), `{"s":"text"}`)
	for _, path := range []string{"x", "x.y", "s.x", "a.x.y", "a.d.x"} {
		if m.DeleteAt(params.SplitPath(path)...) != m {
			t.Errorf("deleting %s makes another map", path)
		}
	}
	if m.DeleteAt() != m {
		t.Error("an empty path changes the map")
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	of := params.Of
	for _, tt := range []struct {
		a, b any
		want bool
	}{
		{of("a", 1, "b", 2), of("b", 2, "a", 1), true},
		{of("a", 1), of("a", 1.0), false},
		{of("a", nil), of("b", nil), false},
		{of("a", 1), of("a", 1, "b", 2), false},
		{of("a", "x"), of("a", "$"), false},
		{of(), []any{}, false},
		{nil, of(), false},
		{nil, nil, true},
		{"1", 1, false},
		{[]any{1, of("a", []any{})}, []any{1, of("a", []any{})}, true},
		{[]any{1, 2}, []any{2, 1}, false},
		{json.Number("9223372036854775808"), uint64(1 << 63), true},
	} {
		a, b := from(t, tt.a), from(t, tt.b)
		if params.Equal(a, b) != tt.want || params.Equal(b, a) != tt.want {
			t.Errorf("Equal(%v, %v) is not %v", a, b, tt.want)
		}
	}
}

func from(t *testing.T, v any) params.Value {
	t.Helper()
	out, err := params.From(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFromConverts(t *testing.T) {
	t.Parallel()
	type celsius float32
	for _, tt := range []struct {
		in   any
		want params.Value
	}{
		{int8(-3), int64(-3)}, {uint32(3), int64(3)}, {uint64(math.MaxUint64), json.Number("18446744073709551615")},
		{float32(0.5), 0.5}, {celsius(2), 2.0},
		{json.Number("12"), int64(12)}, {json.Number("12.0"), 12.0}, {json.Number("1e2"), 100.0},
		{json.Number("-9223372036854775809"), json.Number("-9223372036854775809")},
		{[]string{"a"}, []params.Value{"a"}}, {[]any(nil), []params.Value{}},
		{[]params.Map{params.Of("a", 1)}, []params.Value{params.Of("a", 1)}},
		{map[string]string{"a": "b"}, params.Of("a", "b")},
	} {
		if diff := cmp.Diff(tt.want, from(t, tt.in)); diff != "" {
			t.Errorf("From(%#v): %s", tt.in, diff)
		}
	}
	m := from(t, map[string]any{"z": 1, "a": map[string]any{"y": 2, "b": nil}}).(params.Map)
	wantText(t, m, `{"a":{"b":null,"y":2},"z":1}`)
}

func TestFromCopiesLists(t *testing.T) {
	t.Parallel()
	in := []any{1, 2}
	out := from(t, in)
	in[0] = 9
	if !params.Equal(out, []params.Value{int64(1), int64(2)}) {
		t.Errorf("the list changed to %v", out)
	}
}

func TestFromRefuses(t *testing.T) {
	t.Parallel()
	loop := map[string]any{}
	loop["again"] = loop
	for want, in := range map[string]any{
		"struct {} is not a JSON value":                struct{}{},
		`key "a": element 1: NaN is not a JSON number`: map[string]any{"a": []any{1, math.NaN()}},
		"+Inf is not a JSON number":                    float32(math.Inf(1)),
		`"0x1" is not a JSON number`:                   json.Number("0x1"),
		"number 1e999 is out of range":                 json.Number("1e999"),
	} {
		if _, err := params.From(in); err == nil || err.Error() != want {
			t.Errorf("From(%v): %v, want %s", in, err, want)
		}
	}
	list := []any{nil}
	list[0] = list
	for _, endless := range []any{loop, list} {
		if _, err := params.From(endless); err == nil || !strings.HasSuffix(err.Error(), "value is nested deeper than 1000 levels") {
			t.Errorf("a %T that holds itself: %.50v", endless, err)
		}
	}
}

func TestForeignTypesPanicEarly(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(){
		"odd":     func() { params.Of("a") },
		"key":     func() { params.Of(1, 2) },
		"value":   func() { params.Of("a", func() {}) },
		"set":     func() { params.Map{}.Set("a", 1) },
		"in list": func() { params.Map{}.Set("a", []params.Value{"$", 1}) },
		"json":    func() { params.AppendJSON(nil, 1) },
		"binary":  func() { params.AppendBinary(nil, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	small, large := numbered(16), numbered(1000)
	if got := testing.AllocsPerRun(100, func() {
		small.Get("k15")
		large.Get("k999")
		large.Get("none")
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
