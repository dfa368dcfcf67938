package product

import "fmt"

// Options say how tasks are judged.
type Options struct {
	// Force runs all tasks that are asked for, without a look at records.
	Force bool
	// IgnoreCode lets changed sources and parameters count for nothing.
	IgnoreCode bool
	// Selection says which tasks are asked for. The zero Selection asks for all.
	Selection Selection
	// Same tells whether two sources in a language are the same but for what
	// does not count. It is asked only about texts that differ. Where it is nil
	// they do.
	Same func(language, stored, current string) bool
	// FirstDifference returns the line of the current source where it begins to
	// differ from the stored one, 0 if none can be named. It may be nil.
	FirstDifference func(language, stored, current string) int
	// Load reads a record in full: that of a product of a task, both counted
	// from 0, or the one that the remote storage has of it. It is called only
	// where a stamp is not enough, and then must be there. An error makes the
	// task Broken.
	Load func(task, product int, remote bool) (Record, error)
}

// Plan holds the tasks of a pipeline and what was decided about them. It is for
// one goroutine.
type Plan struct {
	tasks    []Task
	order    []int32 // empty where the tasks are in order
	o        Options
	asked    []choice // empty where all are asked for
	states   []state
	verdicts []Verdict
}

// state is what is known of a task when those that need it are judged.
type state struct {
	out  outdated
	done bool // it ran or was fetched
	then moment
}

// outdated is the answer to whether a task has to run.
type outdated uint8

const (
	current outdated = iota
	fetchable
	stale
	broken
)

// NewPlan prepares the judgement of tasks. It takes over the list. An upstream
// that is not in the list, a task without products, tasks that need each other,
// and a selection of nothing are errors.
func NewPlan(tasks []Task, o Options) (*Plan, error) {
	for i := range tasks {
		if len(tasks[i].Products) == 0 {
			return nil, fmt.Errorf("task %s has no product", tasks[i].Name)
		}
	}
	order, err := order(tasks)
	if err != nil {
		return nil, err
	}
	p := &Plan{
		tasks:    tasks,
		order:    order,
		o:        o,
		states:   make([]state, len(tasks)),
		verdicts: make([]Verdict, len(tasks)),
	}
	p.asked, err = o.Selection.choices(tasks, p.at)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Decide judges all tasks and returns their verdicts, in the order of the tasks.
// It takes time in proportion to tasks and dependencies. The list is the plan's
// own: it shows what Built and Again change later.
func (p *Plan) Decide() []Verdict {
	for n := range p.tasks {
		p.decide(p.at(n))
	}
	return p.verdicts
}

// Asks reports whether a task is asked for, or needed by one that is.
func (p *Plan) Asks(task int) bool { return p.choice(task) != left }

// Built notes that a task ran or was fetched, and what of its products is there
// now.
func (p *Plan) Built(task int, products []Product) {
	p.Given(task, products)
	p.verdicts[task].Reason = "built"
}

// Given notes what is there of the products of a task about which nothing else is
// to be asked: neither its code counts nor what it needs itself, only when its
// products were made. Those that need it can then be judged by Again, without
// Decide.
func (p *Plan) Given(task int, products []Product) {
	s := state{done: true}
	for k := range products {
		if products[k].Exists && products[k].Local.State == Damaged {
			s.out = broken
		}
		s.then = products[k].made().with(s.then, k > 0)
	}
	p.tasks[task].Products = products
	p.states[task] = s
	p.verdicts[task] = Verdict{Reason: "given"}
}

// Again returns the verdict on one task after others were built. What was to be
// run stays so, as it does in Ploomber: Run once all that it needs is there,
// Later until then. Everything else is judged anew.
func (p *Plan) Again(task int) Verdict {
	v := &p.verdicts[task]
	switch {
	case p.states[task].done:
	case v.Action == Run || v.Action == Later:
		v.Action = p.whenOutdated(task)
	default:
		p.decide(task)
	}
	return *v
}

// Fetches returns the products of a task that are to be fetched: those of which
// the remote storage has the version that is needed here.
func (p *Plan) Fetches(task int) []int {
	var list []int
	j := p.judgement(task)
	for k := range p.tasks[task].Products {
		if j.product(k) == fetchable {
			list = append(list, k)
		}
	}
	return list
}

func (p *Plan) at(n int) int {
	if len(p.order) == 0 {
		return n
	}
	return int(p.order[n])
}

func (p *Plan) choice(task int) choice {
	if len(p.asked) == 0 {
		return target
	}
	return p.asked[task]
}

func (p *Plan) decide(task int) {
	v := &p.verdicts[task]
	c := p.choice(task)
	switch {
	case p.tasks[task].Standing != Made:
		p.stands(task)
		return
	case c == left || c == passed && p.o.Force:
		*v = Verdict{Reason: "not asked for"}
		return
	case p.o.Force:
		*v = Verdict{Action: p.whenOutdated(task), Reason: "forced"}
		p.states[task].out = stale
		return
	}
	j := p.judge(task)
	p.states[task].out, p.states[task].then = j.out, j.then
	*v = Verdict{Code: j.code, Upstream: j.data}
	switch {
	case j.out == broken:
		v.Action, v.Reason = Broken, j.reason()
	case c == passed:
		v.Reason = "not asked for"
	case j.out == current:
		v.Reason = "up to date"
	case j.out == fetchable:
		v.Action, v.Reason = Fetch, "fetch from remote"
	default:
		v.Action, v.Reason = p.whenOutdated(task), j.reason()
	}
}

// stands decides about a task that makes nothing.
func (p *Plan) stands(task int) {
	p.states[task].then = moment{known: true}
	p.verdicts[task] = Verdict{Reason: "linked"}
	if p.tasks[task].Standing == Changing {
		p.states[task].out = stale
		p.verdicts[task] = Verdict{Reason: "changes at any time", Code: true, Upstream: true}
	}
}

// whenOutdated returns what an outdated task does: it runs, or waits for those
// that it needs.
func (p *Plan) whenOutdated(task int) Action {
	for _, u := range p.tasks[task].Upstream {
		if p.verdicts[u].Action != Skip {
			return Later
		}
	}
	return Run
}
