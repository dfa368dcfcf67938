package product_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
)

// pair is a pipeline of two tasks, fit and plot, that are built.
func pair() world {
	return world{tasks: []worldTask{
		{name: "fit", code: "a\nb", params: params.Of("n", 1, "m", params.Of("x", 1)), products: []worldProduct{made(1, "a\nb")}},
		{name: "plot", code: "c", upstream: []int{0}, products: []worldProduct{made(2, "c"), made(2, "c")}},
	}}
}

func made(at float64, code string) worldProduct {
	p := params.Of("n", 1, "m", params.Of("x", 1))
	if code == "c" {
		p = params.Map{}
	}
	return worldProduct{exists: true, local: &worldRecord{Record: product.NewRecord(at, code, p)}}
}

// madeOf says what the second task was made of, and what it is given now.
func (w *world) madeOf(was, is params.Map) {
	w.tasks[1].madeOf = is
	for k := range w.tasks[1].products {
		w.tasks[1].products[k].local.MadeOf = &was
	}
}

func TestReasonsSayWhatHappened(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(w *world)
		want []string
	}{
		"nothing":   {func(*world) {}, []string{"skip: up to date", "skip: up to date"}},
		"source":    {func(w *world) { w.tasks[0].code = "a\nx" }, []string{"run: source changed: line 2", "later: upstream fit runs"}},
		"unnamed":   {func(w *world) { w.tasks[0].code = "?" }, []string{"run: source changed", "later: upstream fit runs"}},
		"parameter": {func(w *world) { w.tasks[1].params = params.Of("k", "é") }, []string{"skip: up to date", `run: parameter k: new, "é"`}},
		"deep":      {func(w *world) { w.tasks[0].params = params.Of("n", 1, "m", params.Of("x", 2.5)) }, []string{"run: parameter m.x: 1 -> 2.5", "later: upstream fit runs"}},
		"more above": {func(w *world) {
			w.madeOf(params.Of("fit", "a"), params.Of("fit", "a", "all-*", params.Of("all-1", "b")))
		}, []string{"skip: up to date", "run: upstream all-* is new"}},
		"less above": {func(w *world) {
			w.madeOf(params.Of("all-*", params.Of("all-0", "b", "all-1", "c")), params.Of("all-*", params.Of("all-0", "b")))
		}, []string{"skip: up to date", "run: upstream all-*.all-1 is gone"}},
		"moved above": {func(w *world) { w.madeOf(params.Of("fit", "a"), params.Of("fit", "b")) }, []string{"skip: up to date", `run: upstream fit: "a" -> "b"`}},
		"same above":  {func(w *world) { w.madeOf(params.Of("fit", "a", "x", "b"), params.Of("x", "b", "fit", "a")) }, []string{"skip: up to date", "skip: up to date"}},
		"whole above": {func(w *world) {
			w.ignoreCode = true
			w.tasks[1].code = "?"
			w.madeOf(params.Of("fit", "a"), params.Map{})
		}, []string{"skip: up to date", "run: upstream fit is gone"}},
		"removed":     {func(w *world) { w.tasks[0].params = params.Of("n", 1) }, []string{`run: parameter m: removed, was {"x":1}`, "later: upstream fit runs"}},
		"first":       {func(w *world) { w.tasks[0].params = params.Of("m", 7, "n", 3) }, []string{`run: parameter m: {"x":1} -> 7`, "later: upstream fit runs"}},
		"long":        {func(w *world) { w.tasks[1].params = params.Of("k", strings.Repeat("é", 50)) }, []string{"skip: up to date", `run: parameter k: new, "` + strings.Repeat("é", 38) + "…"}},
		"newer":       {func(w *world) { w.tasks[0].products[0] = made(5, "a\nb") }, []string{"skip: up to date", "run: upstream fit is newer"}},
		"missing":     {func(w *world) { w.tasks[1].products[1].exists = false }, []string{"skip: up to date", "run: product missing: p"}},
		"one missing": {func(w *world) { w.tasks[1].products[1] = worldProduct{} }, []string{"skip: up to date", "run: product missing: p"}},
		"never":       {func(w *world) { w.tasks[0].products[0] = worldProduct{} }, []string{"run: never built", "later: upstream fit runs"}},
		"no record":   {func(w *world) { w.tasks[0].products[0].local = nil }, []string{"run: no metadata: p", "later: upstream fit runs"}},
		"empty":       {func(w *world) { w.tasks[0].products[0].local = &worldRecord{} }, []string{"run: metadata is incomplete: p", "later: upstream fit runs"}},
		"no time":     {func(w *world) { w.tasks[1].products[1].local.Timestamp = nil }, []string{"skip: up to date", "run: metadata has no timestamp: p"}},
		"no time up":  {func(w *world) { w.tasks[0].products[0].local.Timestamp = nil }, []string{"skip: up to date", "run: upstream fit has no timestamp"}},
		"unfinished":  {func(w *world) { w.tasks[1].products[1].local = &worldRecord{Record: product.Record{Unfinished: true}} }, []string{"skip: up to date", "run: last run did not finish"}},
		"damaged":     {func(w *world) { w.tasks[0].products[0].local.damaged = true }, []string{"broken: invalid JSON at offset 0: damaged", "broken: upstream fit is damaged"}},
		"forced":      {func(w *world) { w.force = true }, []string{"run: forced", "later: forced"}},
		"alone":       {func(w *world) { w.selection = product.Selection{Target: "plot", Alone: true}; w.tasks[0].code = "x" }, []string{"skip: not asked for", "run: upstream fit is outdated"}},
		"part":        {func(w *world) { w.selection = product.Selection{Target: "fit"} }, []string{"skip: up to date", "skip: not asked for"}},
		"fetch":       {func(w *world) { w.tasks[0].products[0].remote = made(5, "a\nb").local }, []string{"fetch: fetch from remote", "later: upstream fit is fetched"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pair()
			c.edit(&w)
			tasks, options := w.input()
			options.FirstDifference = func(_, stored, current string) int {
				for i, line := range strings.Split(current, "\n") {
					if current != "?" && line != strings.Split(stored, "\n")[i] {
						return i + 1
					}
				}
				return 0
			}
			plan, err := product.NewPlan(tasks, options)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range plan.Decide() {
				got = append(got, fmt.Sprintf("%v: %s", v.Action, v.Reason))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestImportedModulesCountWhereTheyAreTracked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stored, current string
		want            product.Action
	}{{"", "", product.Skip}, {"x", "", product.Skip}, {"x", "x", product.Skip}, {"", "x", product.Run}, {"x", "y", product.Run}} {
		w := pair()
		w.tasks[0].products[0].local.Imports = c.stored
		tasks, options := w.input()
		tasks[0].Imports = c.current
		plan, err := product.NewPlan(tasks, options)
		if err != nil {
			t.Fatal(err)
		}
		if v := plan.Decide()[0]; v.Action != c.want {
			t.Errorf("%+v: got %v (%s)", c, v.Action, v.Reason)
		}
	}
}

func TestSourcesAreComparedOnlyWhereTheirTextsDiffer(t *testing.T) {
	t.Parallel()
	w := pair()
	w.tasks[0].params = params.Of("m", params.Of("x", 1.0), "n", true)
	w.tasks[1].code = "c "
	tasks, options := w.input()
	var asked []string
	options.Same = func(language, stored, current string) bool {
		asked = append(asked, language+stored+current)
		return true
	}
	plan, err := product.NewPlan(tasks, options)
	if err != nil {
		t.Fatal(err)
	}
	plan.Decide()
	if diff := cmp.Diff([]string{"cc "}, asked); diff != "" {
		t.Errorf("one comparison for both products: %s", diff)
	}
}

func TestWhatIsNoPipelineIsRefused(t *testing.T) {
	t.Parallel()
	one := make([]product.Product, 1)
	for want, c := range map[string]struct {
		tasks  []product.Task
		target string
	}{
		"task a has no product":                       {[]product.Task{{Name: "a"}}, ""},
		"task a needs a task that is not in the list": {[]product.Task{{Name: "a", Products: one, Upstream: []int{1}}}, ""},
		"tasks need each other: b -> c -> b": {[]product.Task{
			{Name: "a", Products: one, Upstream: []int{1}}, {Name: "b", Products: one, Upstream: []int{3, 2}},
			{Name: "c", Products: one, Upstream: []int{1}}, {Name: "d", Products: one},
		}, ""},
		`there is no task "tarin": did you mean "train"?`: {[]product.Task{{Name: "train", Products: one}}, "tarin"},
		`there is no task "x"`:                            {[]product.Task{{Name: "train", Products: one}}, "x"},
		`no task has a name like "x*"`:                    {[]product.Task{{Name: "train", Products: one}}, "x*"},
	} {
		_, err := product.NewPlan(c.tasks, product.Options{Selection: product.Selection{Target: c.target}})
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestOfManyCausesTheFirstIsTold(t *testing.T) {
	t.Parallel()
	w := pair()
	for i := range w.tasks[1].products {
		w.tasks[1].products[i].exists = false
	}
	tasks, options := w.input()
	tasks[1].Products[0].Name, tasks[1].Products[1].Name = "first", "second"
	plan, err := product.NewPlan(tasks, options)
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.Decide()[1].Reason; got != "product missing: first" {
		t.Errorf("got %s", got)
	}
}

func TestIntegersAreKeptAsSuch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]params.Value{
		"4294967296": int64(1 << 32), "-9223372036854775808": int64(-1 << 63), "9223372036854775808": json.Number("9223372036854775808"), "1.0": 1.0,
	} {
		if got := parse(t, text); got != want {
			t.Errorf("%s: got %T %v", text, got, got)
		}
	}
}

func TestRecordsThatAreOddAreEmptyOrDamaged(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:   `{"timestamp": null, "stored_source_code": null, "params": null}`,
		`null`: `{"timestamp": null, "stored_source_code": null, "params": null}`,
		`{"timestamp": "1", "stored_source_code": "x"}`:       `{"timestamp": null, "stored_source_code": null, "params": null}`,
		`{"params": [], "stored_source_code": "x"}`:           `{"timestamp": null, "stored_source_code": null, "params": null}`,
		`{"params": {}, "timestamp": 3}`:                      `{"timestamp": 3.0, "stored_source_code": null, "params": {}}`,
		`{"x": 1, "timestamp": true, "unfinished": true}`:     `{"timestamp": 1.0, "stored_source_code": null, "params": null, "unfinished": true, "x": 1}`,
		`{"imports": "d", "timestamp": 99999999999999999999}`: `{"timestamp": 1e+20, "stored_source_code": null, "params": null, "imports": "d"}`,
		`[]`:         "expected a JSON object but got []",
		``:           "invalid JSON at offset 0: expected a value",
		`{} {}`:      "invalid JSON at offset 3: text after the value",
		"{\"\xff\"}": "the text is not UTF-8",
	} {
		r, err := product.ParseRecord([]byte(text))
		got := string(product.AppendRecord(nil, r))
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestALongChainIsDecidedInOnePass(t *testing.T) {
	t.Parallel()
	const n = 100_000
	for _, backwards := range []bool{false, true} {
		tasks := chain(n, backwards)
		loads := 0
		options := product.Options{Load: func(int, int, bool) (product.Record, error) {
			loads++
			return product.Record{}, errors.New("none")
		}}
		plan, err := product.NewPlan(tasks, options)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range plan.Decide() {
			if v.Action != product.Skip {
				t.Fatalf("task %d: %v (%s)", i, v.Action, v.Reason)
			}
		}
		first, last := 0, n-1
		if backwards {
			first, last = last, first
		}
		tasks[first].Products[0].Exists = false
		verdicts := plan.Decide()
		if verdicts[first].Action != product.Run || verdicts[last].Action != product.Later || loads > 0 {
			t.Errorf("got %v, %v and %d loads", verdicts[first], verdicts[last], loads)
		}
	}
}

// Allocations are counted for the whole process, so nothing else may run.
func TestFindingThatAllIsUpToDateAllocatesNothing(t *testing.T) {
	plan, err := product.NewPlan(chain(1000, true), product.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(5, func() { plan.Decide() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// chain returns tasks of which each needs the one before it, or after it.
func chain(n int, backwards bool) []product.Task {
	tasks := make([]product.Task, n)
	print := product.PrintOf("code", "", params.Map{})
	for i := range tasks {
		at := i
		if backwards {
			at = n - 1 - i
		}
		tasks[at] = product.Task{Name: "t", Code: "code", Print: print, Products: []product.Product{{
			Exists: true, Local: product.Stamp{State: product.Stored, Timed: true, Time: float64(i), Print: print},
		}}}
		if up := at - 1; i > 0 && !backwards {
			tasks[at].Upstream = []int{up}
		} else if i > 0 {
			tasks[at].Upstream = []int{at + 1}
		}
	}
	return tasks
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			plan, err := product.NewPlan(chain(n, false), product.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				plan.Decide()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/task")
		})
	}
}
