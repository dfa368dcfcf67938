package product_test

import (
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/product"
)

// A build that does what a plan says leaves nothing to do for the next, and what
// is decided on the way never contradicts the plan.
func TestAfterABuildEverythingIsUpToDate(t *testing.T) {
	t.Parallel()
	ran := map[product.Action]int{}
	for seed := range uint64(5000) {
		w := newWorld(seed)
		w.selection = product.Selection{}
		tasks, options := w.input()
		plan, err := product.NewPlan(tasks, options)
		if err != nil {
			t.Fatal(err)
		}
		first := append([]product.Verdict(nil), plan.Decide()...)
		if hasBroken(first) {
			continue
		}
		for _, i := range inOrder(w) {
			got := plan.Again(i)
			want := first[i].Action
			if want == product.Later {
				want = product.Run
			}
			if got.Action != want {
				t.Fatalf("seed %d, task %d: planned %v, then %v (%s)", seed, i, first[i].Action, got.Action, got.Reason)
			}
			ran[want]++
			w.carryOut(plan, i, want)
		}
		if w.timeless() {
			continue // what needs such a task runs in every build, for Ploomber too
		}
		w.force = false
		tasks, options = w.input()
		plan, err = product.NewPlan(tasks, options)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range plan.Decide() {
			if v.Action != product.Skip {
				t.Fatalf("seed %d, task %d: %v (%s) after a build\n%+v", seed, i, v.Action, v.Reason, w)
			}
		}
	}
	if ran[product.Run] < 1000 || ran[product.Fetch] < 1000 || ran[product.Skip] < 1000 {
		t.Errorf("hardly anything was tried: %v", ran)
	}
}

// What is seen at once to be up to date is so for a plan, too, with or without a
// look at sources.
func TestWhatIsUpToDateAtOnceIsSoForAPlan(t *testing.T) {
	t.Parallel()
	atOnce, plans := 0, 0
	for seed := range uint64(20_000) {
		w := newWorld(seed)
		w.selection, w.force = product.Selection{}, false
		tasks, options := w.input()
		for i := range tasks {
			tasks[i].SetPrints(nil)
		}
		known := product.UpToDate(tasks)
		plan, err := product.NewPlan(tasks, options)
		if err != nil {
			t.Fatal(err)
		}
		skipped := !slices.ContainsFunc(plan.Decide(), func(v product.Verdict) bool { return v.Action != product.Skip })
		switch {
		case known && !skipped:
			t.Fatalf("seed %d: it is up to date at once, but a plan says %+v\n%+v", seed, plan.Decide(), w)
		case known:
			atOnce++
		case skipped:
			plans++
		}
	}
	if atOnce < 100 || plans < 100 {
		t.Errorf("%d worlds were up to date at once, %d only for a plan", atOnce, plans)
	}
}

// A task that waits for another runs after it, even where clocks are such that
// the other's record does not look newer.
func TestWhatWasToRunLaterRunsWhateverTheTime(t *testing.T) {
	t.Parallel()
	w := pair()
	w.tasks[0].products[0].exists = false
	tasks, options := w.input()
	plan, err := product.NewPlan(tasks, options)
	if err != nil {
		t.Fatal(err)
	}
	if v := plan.Decide()[1]; v.Action != product.Later || plan.Again(1).Action != product.Later {
		t.Fatalf("got %+v", v)
	}
	plan.Built(0, []product.Product{made(0, "a\nb").input()})
	if v := plan.Again(1); v.Action != product.Run {
		t.Errorf("got %+v", v)
	}
	if v := plan.Again(0); v.Action != product.Skip || v.Reason != "built" {
		t.Errorf("got %+v", v)
	}
}

// Who judges one task alone knows of those that it needs what they made, and not
// how.
func TestATaskIsJudgedByTheProductsOfThoseThatItNeeds(t *testing.T) {
	t.Parallel()
	for want, need := range map[string]worldProduct{
		"skip: up to date":                   made(1, "any"),
		"run: upstream fit is newer":         made(3, "any"),
		"run: upstream fit has no timestamp": {exists: true},
		"broken: upstream fit is damaged":    {exists: true, local: &worldRecord{damaged: true}},
	} {
		w := pair()
		tasks, options := w.input()
		tasks[0] = product.Task{Name: "fit", Products: []product.Product{need.input()}}
		plan, err := product.NewPlan(tasks, options)
		if err != nil {
			t.Fatal(err)
		}
		plan.Given(0, tasks[0].Products)
		if v := plan.Again(1); v.Action.String()+": "+v.Reason != want {
			t.Errorf("got %v: %s, want %s", v.Action, v.Reason, want)
		}
	}
}

// carryOut does to the world what a plan says about a task.
func (w *world) carryOut(plan *product.Plan, i int, a product.Action) {
	task := &w.tasks[i]
	switch a {
	case product.Run:
		for k := range task.products {
			rec := &worldRecord{Record: product.NewRecord(float64(100+w.depth(i)), task.code, task.params)}
			task.products[k] = worldProduct{exists: true, local: rec, remote: rec}
		}
	case product.Fetch:
		for _, k := range plan.Fetches(i) {
			p := &task.products[k]
			p.exists, p.local = true, p.remote
		}
	default:
		return
	}
	var now []product.Product
	for _, p := range task.products {
		now = append(now, p.input())
	}
	plan.Built(i, now)
}

// timeless tells whether a record lacks its time.
func (w *world) timeless() bool {
	for _, t := range w.tasks {
		for _, p := range t.products {
			if p.local == nil || p.local.Timestamp == nil {
				return true
			}
		}
	}
	return false
}

func (w *world) depth(i int) int {
	most := 0
	for _, u := range w.tasks[i].upstream {
		most = max(most, w.depth(u)+1)
	}
	return most
}

func inOrder(w world) []int {
	var list []int
	for depth := 0; len(list) < len(w.tasks); depth++ {
		for i := range w.tasks {
			if w.depth(i) == depth {
				list = append(list, i)
			}
		}
	}
	return list
}

func hasBroken(verdicts []product.Verdict) bool {
	for _, v := range verdicts {
		if v.Action == product.Broken {
			return true
		}
	}
	return false
}
