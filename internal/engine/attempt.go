// Package engine is the state machine of one attempt.
//
// It is pure: an Attempt holds the state of every task in memory, takes one
// Command at a time and answers with what changed (rows to store), what
// happened (events) and what is to be done (effects). The same commands give
// the same answers. It knows no clock, store, goroutine or random source, and
// no step costs more than what it changes.
package engine

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Attempt is one execution of a workflow. It is not safe for concurrent use.
type Attempt struct {
	row  AttemptRow
	def  *workflow.Workflow
	seq  int64
	now  model.Instant
	step *Step

	tasks []task
	// paged are the tasks below pages of items, pages what is known of each page, and
	// over those that are to be dropped.
	paged paged
	pages map[model.TaskID]*page
	over  []model.TaskID
	// live counts the tasks that are started and not final.
	live int
	// agenda holds what is still to be done in this step, in order.
	agenda []errand
	// dirty lists the tasks whose rows this step writes.
	dirty    []model.TaskID
	rowDirty bool
	// audience is who listens; nil as long as nobody does.
	audience *audience
}

// task is the state of one task. Most fields are those of TaskRow.
type task struct {
	node *workflow.Node
	// name is the full name, made when it is first needed.
	name string
	// kids are the children that count: those of older rounds are left out.
	kids []model.TaskID
	// in is what the tasks before this one stored; nil for nothing. out adds
	// what this one and those below it stored.
	in, out *trail
	// ctx is what the children start from.
	ctx params.Map
	// extra is added to the node's export.
	extra  params.Map
	detail *Detail

	started, ended, wake, deadline model.Instant

	parent model.TaskID
	// winner is the kid that won the group; 0, which is nobody's kid, for none.
	winner model.TaskID
	// index is the place among the parent's kids.
	index int32
	try   int32
	// retries counts the tries and rounds that a retry policy asked for.
	retries int32
	// pending counts the edges that are not decided while the task is
	// blocked, and the kids that are not final after that.
	pending int32
	// busy counts a collection's items that are started and not final. None
	// of the kids before next waits for room; in a collection with pages, next
	// counts the items on them that have not started.
	busy, next int32

	state model.State
	flags Flags
	gate  gate
	dirty bool
	// gives is set when the task or one below it stored something.
	gives bool
	// asking is set while a page of items is on its way.
	asking bool
	// made says where the task comes from.
	made GrowthKind
}

// gate is what the decided edges of a blocked task say, and of an open group
// whether one of its children did not wait for them.
type gate uint8

const (
	gateShut    gate = 1 << iota // an edge can never open
	gateOutput                   // it waits for outputs
	gateEmitted                  // and one of them was emitted
	gateAhead                    // a child has started before its edges were decided
)

// errand is one thing to do before a step is over.
type errand struct {
	kind errandKind
	task model.TaskID
}

type errandKind uint8

const (
	errandOpen   errandKind = iota // the task's edges are decided
	errandSettle                   // the task's kids are all final
	errandAdmit                    // the task may have room for more items
)

// New returns an attempt that has not begun. The definition must be finished.
func New(id model.AttemptID, def *workflow.Workflow, p params.Map) *Attempt {
	a := &Attempt{def: def, row: AttemptRow{ID: id, Params: p}}
	a.tasks = make([]task, 0, def.Root.Size())
	a.plant(def.Root, model.NoTask, 0, GrowSub)
	a.row.Tasks = a.size()
	return a
}

// ID returns the attempt's id.
func (a *Attempt) ID() model.AttemptID { return a.row.ID }

// Definition returns the workflow that the attempt runs.
func (a *Attempt) Definition() *workflow.Workflow { return a.def }

// Row returns the state of the attempt as a whole.
func (a *Attempt) Row() AttemptRow { return a.row }

// Apply carries out one command at the given instant and appends what follows
// from it to step. An error says that the command does not fit: the state is
// unchanged then. Reports of tries that no longer count change nothing and
// are no error.
func (a *Attempt) Apply(now model.Instant, c Command, step *Step) error {
	if a.row.State.Done() {
		if c.Kind.report() {
			return nil
		}
		return model.Errorf(model.Conflict, "attempt %d is done", a.row.ID)
	}
	if a.row.Started == 0 && c.Kind.inside() {
		return model.Errorf(model.Conflict, "attempt %d has not begun", a.row.ID)
	}
	if !a.has(c.Task) {
		if c.Task >= firstPaged && c.Kind.report() {
			return nil // of an item that has ended
		}
		return model.Errorf(model.NotFound, "attempt %d has no task %d", a.row.ID, c.Task)
	}
	a.now, a.step = now, step
	err := a.apply(c)
	a.work()
	a.attend()
	a.dropPages()
	a.finish()
	a.flush()
	a.step = nil
	return err
}

// report tells whether a command comes from a runner or a timer, which may
// speak of what is over already.
func (k CommandKind) report() bool {
	return k >= Succeed && k <= Expire || k == Judge || k == Supply || k == Extend
}

// inside tells whether a command is about a task of an attempt that runs.
func (k CommandKind) inside() bool {
	return k >= Deliver && k <= Cancel || k == SkipTo || k == Skip || k == RerunItem || k == Follow
}

func (a *Attempt) apply(c Command) error {
	switch c.Kind {
	case Begin:
		return a.begin()
	case Succeed:
		a.judge(c.Task, c.Try, c.Verdict, c.Result)
		a.told(&c)
		a.succeed(c.Task, c.Try, c.Result)
	case Fail:
		a.judge(c.Task, c.Try, c.Verdict, nil)
		a.told(&c)
		a.fail(c.Task, c.Try, c.Failure)
	case WaitFor:
		a.told(&c)
		a.waitFor(c.Task, c.Try, c.Wait)
	case TryCancelled:
		a.told(&c)
		a.tryCancelled(c.Task, c.Try)
	case Lose:
		a.lose(c.Task, c.Try)
	case Wake:
		a.wakeUp(c.Task)
	case Expire:
		a.expire(c.Task)
	case Deliver:
		return a.deliver(c.Task, c.Message)
	case Append:
		return a.appendNode(c.Task, c.Node)
	case Again:
		return a.runAgain(c.Task)
	case Cancel:
		return a.cancelTask(c.Task, c.By)
	case Kill:
		a.kill(c.By)
	case Edit:
		a.edit(c.Params, c.By)
	case SkipTo:
		return a.skipTo(c.Task, c.By)
	case Skip:
		return a.skipTask(c.Task, c.By)
	case Judge:
		a.judge(c.Task, c.Try, c.Verdict, nil)
	case Supply:
		a.supply(c.Task, c.Supplied)
	case Extend:
		a.extendLimit(c.Task, c.Waited)
	case RerunItem:
		return a.rerunItem(c.Task, c.Item)
	case Follow:
		return a.follow(c.By)
	default:
		return model.Errorf(model.Invalid, "unknown command %d", c.Kind)
	}
	return nil
}

func (a *Attempt) begin() error {
	if a.row.Started != 0 {
		return model.Errorf(model.Conflict, "attempt %d has begun already", a.row.ID)
	}
	if a.def.Scope == workflow.Shared {
		a.row.Shared = a.row.CurrentIn(a.def.Scope) // edits may have come before
	}
	a.row.Started = a.now
	a.rowDirty = true
	a.event(AttemptStarted, 0, params.Map{})
	a.schedule(errandOpen, 0)
	return nil
}

// work does the errands of the step, in the order in which they came up.
func (a *Attempt) work() {
	for i := 0; i < len(a.agenda); i++ {
		switch e := a.agenda[i]; e.kind {
		case errandOpen:
			a.open(e.task)
		case errandSettle:
			a.settle(e.task)
		case errandAdmit:
			a.admit(e.task)
		}
	}
	a.agenda = a.agenda[:0]
}

func (a *Attempt) schedule(kind errandKind, id model.TaskID) {
	a.agenda = append(a.agenda, errand{kind, id})
}

// finish ends the attempt when its root is final and nothing runs any more.
func (a *Attempt) finish() {
	root := a.at(0)
	if a.row.State.Done() || a.live > 0 || !root.state.Final() {
		return
	}
	switch {
	case a.row.CancelAsked || root.state == model.Cancelled:
		a.row.State = AttemptKilled
	case root.state == model.Failed || root.state == model.NotReached:
		a.row.State = AttemptFailed
	default:
		a.row.State = AttemptSuccess
	}
	a.row.Ended = a.now
	a.rowDirty = true
	a.hushAll()
	var data params.Map
	if a.row.State == AttemptKilled && root.state != model.Cancelled {
		data = params.Of(EndedKilled, true)
	}
	a.event(AttemptEnded, 0, data)
	a.effect(Effect{Kind: Finished})
}

// flush writes the rows of what the step changed.
func (a *Attempt) flush() {
	for _, id := range a.dirty {
		if !a.has(id) {
			continue // dropped
		}
		a.at(id).dirty = false
		a.step.Tasks = append(a.step.Tasks, a.taskRow(id))
	}
	a.dirty = a.dirty[:0]
	if a.rowDirty {
		a.rowDirty = false
		a.row.Tasks = a.size()
		a.step.Attempts = append(a.step.Attempts, a.row)
	}
}

func (a *Attempt) touch(id model.TaskID) {
	if t := a.at(id); !t.dirty {
		t.dirty = true
		a.dirty = append(a.dirty, id)
	}
}

func (a *Attempt) event(kind EventKind, id model.TaskID, data params.Map) {
	a.seq++
	t := a.at(id)
	a.step.Events = append(a.step.Events, Event{
		Attempt: a.row.ID, Seq: a.seq, At: a.now, Kind: kind,
		Task: id, Name: a.name(id), Try: t.try, State: t.state, Data: data,
	})
}

func (a *Attempt) effect(e Effect) {
	a.step.Effects = append(a.step.Effects, Owned{Attempt: a.row.ID, Effect: e})
}

// name returns the full name of a task.
func (a *Attempt) name(id model.TaskID) string {
	t := a.at(id)
	if t.name == "" {
		t.name = t.node.Name
		if t.parent != model.NoTask {
			t.name = a.name(t.parent) + t.node.Name
		}
	}
	return t.name
}

// change returns a copy of the task's detail to be changed: the old one is
// shared with rows that were written.
func (a *Attempt) change(id model.TaskID) *Detail {
	t := a.at(id)
	d := &Detail{}
	if t.detail != nil {
		*d = *t.detail
	}
	t.detail = d
	a.touch(id)
	return d
}

// taskRow returns the row of a task. One that was not reached may be yet, when
// others run again.
func (a *Attempt) taskRow(id model.TaskID) TaskRow {
	t := a.at(id)
	state := t.state
	if state == model.NotReached {
		state = model.Blocked
	}
	return TaskRow{
		Attempt: a.row.ID, ID: id, Parent: t.parent, Name: a.name(id),
		State: state, Flags: t.flags, Try: t.try, Retries: t.retries,
		Started: t.started, Ended: t.ended, Wake: t.wake, Deadline: t.deadline,
		Detail: t.detail,
	}
}
