package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/operators/flow"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

func TestForEachCombines(t *testing.T) {
	t.Parallel()
	task2 := task("for_each", "_do", do, "_command", params.Of(
		"fruit", []any{"apple", "orange"}, "verb", []any{"eat", "throw"}))
	one := func(name, fruit, verb string) string {
		return fmt.Sprintf(`"+for-%s":{"echo>":"x","_export":{"fruit":"%s","verb":"%s"}}`, name, fruit, verb)
	}
	wantTasks(t, task2, "{"+one("0=fruit=0=apple&1=verb=0=eat", "apple", "eat")+","+
		one("0=fruit=0=apple&1=verb=1=throw", "apple", "throw")+","+
		one("0=fruit=1=orange&1=verb=0=eat", "orange", "eat")+","+
		one("0=fruit=1=orange&1=verb=1=throw", "orange", "throw")+"}")

	const numbers = `{"+for-0=n=0=1":{"echo>":"x","_export":{"n":1}},"+for-0=n=1=2":{"echo>":"x","_export":{"n":2}}}`
	for _, command := range []any{params.Of("n", []any{1, 2}), params.Of("n", "[1,2]"), `{"n":[1,2]}`, `{"n":"[1,2]"}`} {
		wantTasks(t, task("for_each", "_do", do, "_command", command), numbers)
	}
	wantTasks(t, task("for_each", "_command", params.Of("k", []any{1}), "_parallel", true,
		"_do", params.Of("_export", params.Of("k", "body", "l", "${k}"), "echo>", "x")),
		`{"+for-0=k=0=1":{"_export":{"k":1,"l":"${k}"},"echo>":"x"},"_parallel":true}`)
}

func TestForEachOverNothingRepeatsNothing(t *testing.T) {
	t.Parallel()
	for _, command := range []params.Map{
		params.Of(), params.Of("a", []any{}), params.Of("a", []any{}, "b", []any{1}), params.Of("a", []any{1}, "b", []any{}),
	} {
		wantTasks(t, task("for_each", "_command", command, "_do", do), "{}")
	}
}

func TestForEachRefuses(t *testing.T) {
	t.Parallel()
	wantInvalid(t, task("for_each", "_command", params.Of("a", []any{1})), "'_do' is required")
	wantInvalid(t, task("for_each", "_do", do), "'_command' is required")
	wantInvalid(t, task("for_each", "_command", "x", "_do", do), "Expected object type")
	wantInvalid(t, task("for_each", "_command", params.Of("a", 1), "_do", do), "Expected array type for key 'a'")
}

func TestForEachNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key   string
		value any
		want  string
	}{
		{"k", "a b", "0=k=0=a%20b"},
		{"a_long_key", "a long value", "0=a_long_k=0=a%20long%20v"},
		{"k", "é+/&=", "0=k=0=%C3%A9%2B%2F%26%3D"},
		{"k", "*~.-_", "0=k=0=%2A%7E.-_"},
		{"k", "日本語日本語日本語", "0=k=0=%E6%97%A5%E6%9C%AC%E8%AA%9E%E6%97%A5%E6%9C%AC%E8%AA%9E%E6%97%A5%E6%9C%AC"},
		{"k", "1234567😀", "0=k=0=1234567"},
		{"k", "123456😀9", "0=k=0=123456%F0%9F%98%80"},
		{"k", params.Of("a", 1), "0=k=0=%7B%22a%22%3A1%7D"},
		{"k", []any{1, "b"}, "0=k=0=%5B1%2C%22b%22%5D"},
		{"k", nil, "0=k=0=null"},
		{"k", 1.0, "0=k=0=1.0"},
		{"k", true, "0=k=0=true"},
		{"", "", "0==0="},
		{strings.Repeat("日", 9), strings.Repeat("本", 9), "0=" + strings.Repeat("%E6%97%A5", 8) + "=0=" + strings.Repeat("%E6%9C%AC", 8)},
	} {
		r, err := run(t, task("for_each", "_command", params.Of(tt.key, []any{tt.value}), "_do", do))
		if err != nil {
			t.Fatal(err)
		}
		for name := range r.Subtasks.Keys() {
			if name != "+for-"+tt.want {
				t.Errorf("%q %v: got %s, want +for-%s", tt.key, tt.value, name, tt.want)
			}
		}
	}
}

func TestForEachNamesThatWouldBeTooLongShowNumbers(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("日", 8)
	wantTasks(t, task("for_each", "_do", do, "_command", params.Of(text, []any{text}, text+"b", []any{text})),
		fmt.Sprintf(`{"+for-0==0=&1==0=":{"echo>":"x","_export":{"%s":"%[1]s","%[1]sb":"%[1]s"}}}`, text))
}

// Whatever the variables are, the tasks can be compiled, have names of their
// own and get the values as they are.
func FuzzForEachGeneratesTasksThatCompile(f *testing.F) {
	f.Add("fruit", "orange", "verb", "eat")
	f.Add("k*", "~😀\xff", "", "a b+c&d=e")
	f.Add("日本語日本語日本語", "日本語日本語日本語", "日本語日本語日本語!", "\x00")
	var r operator.Registry
	r.Register(flow.Specs(flow.Files{Read: dig.ReadConfig})...)
	spec, _ := r.Lookup("for_each")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		command := params.Of(k1, []any{v1, v2}, k2, []any{v2, v1, v1})
		result, err := spec.Operator.Run(t.Context(), task("for_each", "_command", command, "_do", do))
		if err != nil {
			t.Fatal(err)
		}
		want := 6
		if k1 == k2 {
			want = 3
		}
		node, err := dig.CompileSubtasks("^sub", result.Subtasks)
		if err != nil {
			t.Fatal(err)
		}
		if len(node.Children) != want {
			t.Fatalf("%d tasks, want %d", len(node.Children), want)
		}
		for _, c := range node.Children {
			if got, _ := c.Export.Get(k2); got != v1 && got != v2 {
				t.Errorf("%s: %q is %q", c.Name, k2, got)
			}
		}
	})
}
