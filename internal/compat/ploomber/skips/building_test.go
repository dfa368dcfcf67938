package skips_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/build"
	pawl "github.com/pawlhq/pawl/internal/pipeline"
	selecting "github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/workflow"
)

// request is what a build is asked for.
type request struct {
	word   string // of --env--word
	force  bool
	target string
	alone  bool
	served bool // tasks are judged when they are ready, as on a server
	cut    int  // how many tasks run before the build is cut off
	edited int  // how many tasks run before somebody edits a source
	fates  map[string]fate
}

// build draws a request and carries it out.
func (h *history) build() {
	h.tick()
	h.before = append(h.before, h.clone())
	h.must(h.relocate(h.folder))
	h.must(h.put(h.sources()))
	all := h.units()
	r := request{cut: 1000, edited: 1000, fates: make(map[string]fate)}
	if h.often("word by flag", 8) {
		r.word = one(h, "flag", "w1", "w2")
	}
	r.force = h.often("force", 10)
	if len(all) > 0 && h.often("part", 4) {
		r.target, r.alone = rapid.SampledFrom(all).Draw(h.T, "target").name, rapid.Bool().Draw(h.T, "alone")
	}
	r.served = !r.force && r.target == "" && h.often("served", 4)
	if h.often("cut", 4) {
		r.cut = rapid.IntRange(0, 3).Draw(h.T, "after")
	}
	if h.often("edited", 6) {
		r.edited = rapid.IntRange(0, 2).Draw(h.T, "before")
	}
	if h.often("failures", 4) && len(all) > 0 {
		for range rapid.IntRange(1, 2).Draw(h.T, "failures") {
			name := rapid.SampledFrom(all).Draw(h.T, "failing").name
			r.fates[name] = one(h, "fate", failsAtOnce, failsHalfWay, failsAtTheEnd, lacksOne, cutOff)
		}
	}
	h.Logf("build: %+v", r)
	of := h.clone()
	if r.word != "" {
		of.word = r.word
	}
	b := &building{history: h, request: r, of: of}
	b.carryOut()
	b.check()
	if r.cut == 1000 && r.edited == 1000 && len(r.fates) == 0 && r.target == "" {
		b.again()
	}
}

// building is a build as it is, and as it should be.
type building struct {
	*history
	request
	of  definition // of the files and of the flags
	all []*unit

	wanted map[string]bool // what is to run, by name
	left   int             // how many tasks may run before the build is cut off
	early  bool            // before all had run
	failed map[string]bool // and what comes after it
	now    bool            // whether the task that runs should
}

func (b *building) carryOut() {
	ctx := context.Background()
	b.all = b.of.units()
	p, err := b.load(ctx, b.word)
	b.must(err)
	b.mend(ctx, p)
	b.decide()
	b.left, b.failed = b.cut, make(map[string]bool)
	b.fate = func(name string) fate { return b.fates[name] }
	w := b.workflow(ctx, p)
	b.count()
	if w == nil {
		if len(b.wanted) > 0 {
			b.Fatalf("runs nothing, but has to run %v", sorted(b.wanted))
		}
		return
	}
	b.must(b.perform(ctx, w, b.choose, b.ended))
	if b.early {
		b.seen["build cut off"]++
	}
	if !b.early && !b.served {
		for name := range b.wanted {
			b.Errorf("%s has to run and did not", name)
		}
	}
}

// count notes what is tried.
func (b *building) count() {
	b.seen["build"]++
	for what, so := range map[string]bool{"build forced": b.force, "build in part": b.target != "", "build served": b.served} {
		if so {
			b.seen[what]++
		}
	}
	b.seen["task skipped"] += len(b.all) - len(b.wanted)
}

// reached tells whether a task is looked at at all.
func (b *building) reached() func(*unit) bool {
	if b.target == "" {
		return func(*unit) bool { return true }
	}
	needs := b.unit(b.target).needs()
	return func(u *unit) bool { return needs[u.name] }
}

func (b *building) unit(name string) *unit {
	return b.all[slices.IndexFunc(b.all, func(u *unit) bool { return u.name == name })]
}

// mend has a build refused where records are damaged, and removes those.
func (b *building) mend(ctx context.Context, p *pawl.Pipeline) {
	reached := b.reached()
	if b.force || !slices.ContainsFunc(b.all, func(u *unit) bool { return reached(u) && b.on.broken(u) }) {
		return
	}
	if _, err := b.plan(ctx, p, b.options()); err == nil {
		b.Fatal("a build begins although a record is damaged")
	}
	b.seen["build refused"]++
	for _, u := range b.all {
		for _, path := range u.paths {
			if one := b.on.at(path); one.exists && one.state == damaged {
				b.must(os.Remove(b.path(metadata(path))))
				one.state = absent
			}
		}
	}
}

func (b *building) options() build.Options {
	return build.Options{Force: b.force, Selection: selecting.Selection{Target: b.target, Alone: b.alone}}
}

// decide says what has to run.
func (b *building) decide() {
	outdated, reached := b.of.outdated(b.on, b.all), b.reached()
	b.wanted = make(map[string]bool)
	for _, u := range b.all {
		if reached(u) && (!b.alone || u.name == b.target) && (b.force || outdated[u.name]) {
			b.wanted[u.name] = true
		}
	}
}

// workflow returns what is to be run; nil where there is nothing.
func (b *building) workflow(ctx context.Context, p *pawl.Pipeline) *workflow.Workflow {
	plan, err := b.plan(ctx, p, b.options())
	b.must(err)
	b.compare(plan)
	soon, err := b.planSoon(ctx, p, b.word, b.options())
	b.must(err)
	if soon != nil {
		b.compare(soon)
		b.seen["build by an outline"]++
		plan = soon
	}
	if o, ok := build.OutlineOf(p); ok && !b.force && b.target == "" {
		if o.UpToDate(b.memo(), b.project.Now()) && len(b.wanted) > 0 {
			b.Fatalf("its outline is up to date, but has to run %v", sorted(b.wanted))
		}
	}
	var w *workflow.Workflow
	if b.served {
		w, err = pawl.Workflow(p, nil)
	} else {
		w, err = plan.Workflow()
	}
	b.must(err)
	return w
}

// compare holds a plan against the model.
func (b *building) compare(plan *build.Plan) {
	for i := range plan.Tasks {
		if name := plan.Tasks[i].Name; plan.Runs(i) != b.wanted[name] {
			b.Fatalf("%s: %s, but the model says to run %v", name, plan.Verdicts[i].Reason, sorted(b.wanted))
		}
	}
}

// choose says which of the tasks that are ready runs next, if one does.
func (b *building) choose(ready []string) (int, bool) {
	if b.left == 0 {
		b.early = true
		return 0, false
	}
	b.left--
	if b.edited == 0 {
		b.meanwhile()
	}
	b.edited--
	n := 0
	if len(ready) > 1 {
		n = rapid.IntRange(0, len(ready)-1).Draw(b.T, "next")
	}
	u := b.unit(ready[n])
	b.now = b.wanted[u.name]
	if b.served {
		b.now = b.of.judge(b.on, u, func(*unit) bool { return false })
	}
	for _, up := range u.above {
		if b.failed[up.name] || !b.served && b.wanted[up.name] {
			b.Fatalf("%s runs before %s has ended well", u.name, up.name)
		}
	}
	b.ran = b.ran[:0]
	if rapid.Bool().Draw(b.T, "tick") {
		b.tick()
	}
	return n, true
}

// meanwhile has somebody edit a file that was read before.
func (b *building) meanwhile() {
	t := &b.tasks[rapid.IntRange(0, len(b.tasks)-1).Draw(b.T, "meanwhile")]
	switch one(b.history, "edit meanwhile", "source", "source", "cosmetic", "resource") {
	case "source":
		t.version = rapid.IntRange(0, 2).Draw(b.T, "version")
	case "cosmetic":
		t.cosmetic = rapid.IntRange(0, 9).Draw(b.T, "cosmetic")
	case "resource":
		b.data[rapid.IntRange(0, 1).Draw(b.T, "resource")] = rapid.IntRange(0, 2).Draw(b.T, "content")
	}
	b.Logf("meanwhile: %+v", b.definition)
	b.must(b.put(b.sources()))
}

// ended holds the end of a task against what should have come of it.
func (b *building) ended(name string, well bool) {
	u := b.unit(name)
	wanted := b.now
	if wanted {
		b.seen["task run"]++
	}
	if !well {
		b.seen["task failed"]++
	}
	if ran := slices.Contains(b.ran, name); ran != wanted || len(b.ran) > 1 {
		b.Fatalf("%s: ran %v, has to run: %v", name, b.ran, wanted)
	}
	delete(b.wanted, name)
	if should := !wanted || b.of.run(b.on, &b.definition, u, b.fates[name], b.project.now); should != well {
		b.Fatalf("%s: ended well: %v, should: %v", name, well, should)
	}
	b.early = b.early || wanted && !well && b.fates[name] == cutOff
	b.failed[name] = !well
	if !well {
		b.unreached(name)
	}
}

// unreached notes that what comes after a task can't run.
func (b *building) unreached(failed string) {
	for _, u := range b.all {
		if u.name != failed && u.needs()[failed] {
			delete(b.wanted, u.name)
		}
	}
}

// check holds what is there against the model, and what counts as up to date
// against a clean build.
func (b *building) check() {
	outdated, deceived, known := b.of.outdated(b.on, b.all), b.of.deceived(b.on, b.all), make(map[string]string)
	for _, u := range b.all {
		for k, path := range u.paths {
			text, exists, err := b.read(path)
			b.must(err)
			if p := b.on.at(path); exists != p.exists || text != p.content {
				b.Fatalf("%s holds %q (%v), want %q (%v)", path, text, exists, p.content, p.exists)
			}
			if want := b.of.clean(u, k, known); !outdated[u.name] && !deceived[u.name] && text != want {
				b.Fatalf("%s counts as up to date, but %s holds %s instead of %s", u.name, path, text, want)
			}
		}
	}
}

// again builds once more: nothing is left to do, unless records are such that it
// never ends.
func (b *building) again() {
	outdated := b.of.outdated(b.on, b.all)
	for name := range outdated {
		if outdated[name] && len(b.of.deceived(b.on, b.all)) == 0 {
			b.Fatalf("after a build, %s is outdated", name)
		}
	}
	b.force, b.served = false, false
	b.Logf("once more")
	b.carryOut()
	b.check()
}

func sorted(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), " ")
}
