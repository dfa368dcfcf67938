package product_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
)

// world is a pipeline as the oracle sees it: whole records and no stamps.
type world struct {
	tasks      []worldTask
	ignoreCode bool
	force      bool
	selection  product.Selection
}

type worldTask struct {
	name, code string
	params     params.Map
	madeOf     params.Map
	upstream   []int
	products   []worldProduct
}

type worldProduct struct {
	exists        bool
	local, remote *worldRecord
}

type worldRecord struct {
	damaged bool
	product.Record
}

// sameCode is a stand-in for the comparison of sources: blanks do not count.
func sameCode(_, a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// oracle answers by recursion over what Ploomber's rules say, and knows no
// shortcuts.
type oracle struct {
	world
	known map[int]string
}

func (o *oracle) outdated(i int) string {
	if answer, ok := o.known[i]; ok {
		return answer
	}
	answer := o.judge(i)
	o.known[i] = answer
	return answer
}

func (o *oracle) judge(i int) string {
	t := o.tasks[i]
	for _, u := range t.upstream {
		if o.outdated(u) == "broken" {
			return "broken"
		}
	}
	var all []string
	for k := range t.products {
		all = append(all, o.productOutdated(i, k))
	}
	switch {
	case slices.Contains(all, "broken"):
		return "broken"
	case slices.Contains(all, "yes"):
		return "yes"
	case slices.Contains(all, "fetch"):
		return "fetch"
	}
	return "no"
}

func (o *oracle) productOutdated(i, k int) string {
	p := o.tasks[i].products[k]
	if p.exists && p.local != nil && p.local.damaged || p.remote != nil && p.remote.damaged {
		return "broken"
	}
	if p.remote != nil {
		there := o.remoteOutdated(i, p.remote.Record)
		if p.exists && p.local != nil && o.sameRun(p.local.Record, p.remote.Record) {
			return there
		}
		if there == "no" {
			return "fetch"
		}
	}
	return o.localOutdated(i, k)
}

func (o *oracle) localOutdated(i, k int) string {
	p := o.tasks[i].products[k]
	if !p.exists || p.local != nil && p.local.Unfinished {
		return "yes"
	}
	var own product.Record
	if p.local != nil {
		own = p.local.Record
	}
	for _, u := range o.tasks[i].upstream {
		at := o.localTime(u)
		if at == nil || own.Timestamp == nil || *at > *own.Timestamp || o.outdated(u) != "no" {
			return "yes"
		}
	}
	if !o.ignoreCode && o.codeDiffers(i, own) || o.aboveDiffers(i, own) {
		return "yes"
	}
	return "no"
}

func (o *oracle) remoteOutdated(i int, r product.Record) string {
	for _, u := range o.tasks[i].upstream {
		at := o.localTime(u)
		if o.outdated(u) == "fetch" {
			at = o.fetchedTime(u)
		}
		if at == nil || r.Timestamp == nil || *at > *r.Timestamp || o.outdated(u) == "yes" {
			return "yes"
		}
	}
	if !o.ignoreCode && o.codeDiffers(i, r) || o.aboveDiffers(i, r) || r.Unfinished {
		return "yes"
	}
	return "no"
}

func (o *oracle) codeDiffers(i int, r product.Record) bool {
	t := o.tasks[i]
	return r.Source == nil || !sameCode("", *r.Source, t.code) || r.Params != nil && !product.Equal(*r.Params, t.params)
}

func (o *oracle) aboveDiffers(i int, r product.Record) bool {
	return r.MadeOf != nil && !product.Equal(*r.MadeOf, o.tasks[i].madeOf)
}

func (o *oracle) sameRun(a, b product.Record) bool {
	return string(product.AppendRecord(nil, a)) == string(product.AppendRecord(nil, b))
}

func (o *oracle) localTime(i int) *float64 {
	return o.time(i, func(int) bool { return false })
}

// fetchedTime is the time once what is to be fetched is there.
func (o *oracle) fetchedTime(i int) *float64 {
	return o.time(i, func(k int) bool { return o.productOutdated(i, k) == "fetch" })
}

func (o *oracle) time(i int, fromRemote func(k int) bool) *float64 {
	var least *float64
	for k, p := range o.tasks[i].products {
		r := p.local
		if !p.exists {
			r = nil
		}
		if fromRemote(k) {
			r = p.remote
		}
		if r == nil || r.Timestamp == nil {
			return nil
		}
		if least == nil || *r.Timestamp < *least {
			least = r.Timestamp
		}
	}
	return least
}

// actions says what the table of states gives for each task.
func (o *oracle) actions() []product.Action {
	out := make([]product.Action, len(o.tasks))
	decided := make([]bool, len(o.tasks))
	var decide func(i int)
	decide = func(i int) {
		if decided[i] {
			return
		}
		decided[i] = true
		ready := true
		for _, u := range o.tasks[i].upstream {
			decide(u)
			ready = ready && out[u] == product.Skip
		}
		out[i] = o.action(i, ready)
	}
	for i := range o.tasks {
		decide(i)
	}
	return out
}

func (o *oracle) action(i int, ready bool) product.Action {
	answer := "yes"
	if !o.force {
		answer = o.outdated(i)
	}
	named := o.names(i)
	switch {
	case o.selection.Target != "" && !named && !o.above(i):
		return product.Skip
	case answer == "broken":
		return product.Broken
	case o.selection.Alone && !named:
		return product.Skip
	case answer == "fetch":
		return product.Fetch
	case answer == "no":
		return product.Skip
	case ready:
		return product.Run
	}
	return product.Later
}

func (o *oracle) names(i int) bool {
	name := o.tasks[i].name
	if prefix, isPattern := strings.CutSuffix(o.selection.Target, "*"); isPattern {
		return strings.HasPrefix(name, prefix)
	}
	return name == o.selection.Target
}

// above tells whether something that is asked for needs a task.
func (o *oracle) above(i int) bool {
	for j, t := range o.tasks {
		if slices.Contains(t.upstream, i) && (o.names(j) || o.above(j)) {
			return true
		}
	}
	return false
}

// input is the world as a plan gets it.
func (w *world) input() ([]product.Task, product.Options) {
	tasks := make([]product.Task, len(w.tasks))
	for i, t := range w.tasks {
		tasks[i] = product.Task{Name: t.name, Code: t.code, Params: t.params, MadeOf: t.madeOf, Upstream: t.upstream}
		for _, p := range t.products {
			tasks[i].Products = append(tasks[i].Products, p.input())
		}
	}
	return tasks, product.Options{
		Force: w.force, IgnoreCode: w.ignoreCode, Selection: w.selection, Same: sameCode,
		Load: func(task, k int, remote bool) (product.Record, error) {
			p := w.tasks[task].products[k]
			if remote {
				return p.remote.load()
			}
			return p.local.load()
		},
	}
}

func (p worldProduct) input() product.Product {
	return product.Product{Name: "p", Exists: p.exists, Local: p.local.stamp(), Remote: p.remote.stamp()}
}

func (r *worldRecord) load() (product.Record, error) {
	if r.damaged {
		return product.Record{}, &params.SyntaxError{Reason: "damaged"}
	}
	return r.Record, nil
}

func (r *worldRecord) stamp() product.Stamp {
	switch {
	case r == nil:
		return product.Stamp{}
	case r.damaged:
		return product.Stamp{State: product.Damaged}
	}
	return product.StampOf(r.Record)
}

// cases is how many worlds are made.
const cases = 20_000

func TestVerdictsAreThoseOfANaiveReadingOfTheRules(t *testing.T) {
	t.Parallel()
	seen := map[product.Action]int{}
	for seed := range uint64(cases) {
		w := newWorld(seed)
		want := (&oracle{world: w, known: map[int]string{}}).actions()
		tasks, options := w.input()
		plan, err := product.NewPlan(tasks, options)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for i, v := range plan.Decide() {
			seen[v.Action]++
			if v.Action != want[i] {
				t.Fatalf("seed %d, task %d: got %v (%s), want %v\n%+v", seed, i, v.Action, v.Reason, want[i], w)
			}
			if v.Reason == "" || v.Reason == "outdated" {
				t.Fatalf("seed %d, task %d: %v without a reason", seed, i, v.Action)
			}
		}
	}
	for a := range product.Broken + 1 {
		if seen[a] < cases/10 {
			t.Errorf("only %d tasks were %v", seen[a], a)
		}
	}
}

// newWorld makes a pipeline that was built, and then edited more or less.
func newWorld(seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 7))
	n := 1 + r.IntN(10)
	w := world{tasks: make([]worldTask, n), ignoreCode: r.IntN(8) == 0, force: r.IntN(20) == 0}
	place := r.Perm(n)
	edits, remote := r.Float64()*r.Float64(), r.IntN(2) == 0
	for i := range n {
		t := &w.tasks[place[i]]
		t.name = string(rune('a'+r.IntN(3))) + string(rune('a'+i))
		for u := range i {
			if r.IntN(3) == 0 {
				t.upstream = append(t.upstream, place[u])
			}
		}
		t.code, t.params, t.madeOf = "code", params.Of("n", 1), params.Of("up", "file", "group", params.Of("x", "y"))
		for range 1 + r.IntN(10)/7 {
			rec := &worldRecord{Record: product.NewRecord(float64(i+r.IntN(2)), t.code, t.params)}
			if was := t.madeOf; r.IntN(3) > 0 {
				rec.MadeOf = &was
			}
			p := worldProduct{exists: true, local: rec}
			if remote {
				p.remote = rec
			}
			t.products = append(t.products, p)
		}
		if r.Float64() < edits {
			t.edit(r, remote)
		}
	}
	switch target := w.tasks[r.IntN(n)].name; r.IntN(8) {
	case 0:
		w.selection = product.Selection{Target: target}
	case 1:
		w.selection = product.Selection{Target: target[:1] + "*", Alone: r.IntN(2) == 0}
	}
	return w
}

func (t *worldTask) edit(r *rand.Rand, remote bool) {
	p := &t.products[r.IntN(len(t.products))]
	switch r.IntN(10) {
	case 9:
		t.madeOf = []params.Map{params.Of("up", "other"), params.Of("group", params.Of("x", "y"), "up", "file"), {}}[r.IntN(3)]
	case 0:
		t.code = []string{" code", "other", "code\n"}[r.IntN(3)]
	case 1:
		t.params = []params.Map{params.Of("n", 1.0), params.Of("n", true), params.Of("n", 2), {}, params.Of("n", 1, "m", nil)}[r.IntN(5)]
	case 2:
		p.exists = false
	case 3:
		p.local = nil
	case 4:
		p.remote = nil
	case 5:
		p.exists, p.local = false, nil
	default:
		changed := editRecord(r, *p.local)
		if remote && r.IntN(3) == 0 {
			p.remote = changed
		} else {
			p.local = changed
		}
	}
}

func editRecord(r *rand.Rand, rec worldRecord) *worldRecord {
	switch r.IntN(8) {
	case 0:
		rec.damaged = true
	case 1:
		rec.Record = product.Record{Unfinished: true}
	case 2:
		rec.Record = product.Record{}
	case 3:
		rec.Timestamp = nil
	case 4:
		rec.Source = nil
	case 5:
		rec.Params = nil
	case 6:
		rec.Record = product.NewRecord(float64(r.IntN(12)), "other", *rec.Params)
	default:
		at := float64(r.IntN(14))
		rec.Timestamp = &at
	}
	return &rec
}
