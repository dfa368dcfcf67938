package sim

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// checks watch a simulation from outside: what the store took, what was handed
// to runners, what clients were told.
type checks struct {
	sim      *simulation
	dice     dice
	attempts map[model.AttemptID]*witness
	// order lists the attempts as they were made.
	order []*witness
	names map[attemptName]model.AttemptID
	tries map[model.TryID]*try
	// sessions holds the attempts of each.
	sessions map[model.SessionID][]*witness
	// posts are those that the store took, marks how often the command with
	// that mark was applied.
	posts map[store.PostID]*post
	mark  int64
	marks map[int64]int
	// losses are the tries that somebody said to be lost.
	losses map[model.TryID]bool
	lines  map[model.ScheduleID]*line
	rules  map[model.WorkflowID]*rule
	// fires are the attempts that schedules have started.
	fires map[model.AttemptID]model.Instant
	// burying are the tasks of which a batch buries messages.
	burying map[taskKey]bool
	mail    mailroom
	// itemStates are those of items as they were last written.
	itemStates map[itemKey]model.State
	// claimed is when a process was last given attempts.
	claimed model.Instant
	// needs are what tries take of pools that were handed over and run.
	needs map[model.TryID][]workflow.Slots
	// claimedIn is the epoch in which slots were claimed last for a try, and handed are
	// the tries that got them.
	claimedIn map[model.TryID]int64
	handed    map[model.TryID]bool
}

// witness is what the checks know of one attempt, all from commits.
type witness struct {
	def  *workflow.Workflow
	info store.Attempt
	row  engine.AttemptRow
	rows map[model.TaskID]engine.TaskRow
	// texts are the rows as they were when the store took them.
	texts  map[model.TaskID]string
	tales  map[model.TaskID]*tale
	events []string
	// dropped are the rows, as they were last, of tasks of items that are over.
	dropped map[model.TaskID]engine.TaskRow
	// over, unbegun, edits and added are what the events say of the attempt as a whole:
	// its end, that it ends without having begun, its changed parameters and how many
	// tasks it gained.
	over, unbegun bool
	edits         params.Map
	added         int32
	// acknowledged is set once a client was told that the attempt exists.
	acknowledged bool
	// freed is set once no attempt of the session that it comes after was
	// unfinished.
	freed bool
	// cancelled is set once somebody was told that it never begins.
	cancelled bool
	// posts are those that are not consumed, in order.
	posts []*post
	// neglect is why it ought to be driven on, if it ought to; idle since when
	// its owner ought to let go of it, or zero.
	neglect neglect
	idle    model.Instant
	// born and gone are when the store made it, and took its end.
	born, gone model.Instant
	// turn is how it stands in the run queue, where there is one, and admitted is set
	// once it may begin.
	turn     *workflow.Turn
	admitted bool
	// timedOut is set once it was said to be killed for taking too long.
	timedOut bool
}

func newChecks(s *simulation) *checks {
	return &checks{
		sim:      s,
		dice:     newDice(s.seed, "checks"),
		attempts: make(map[model.AttemptID]*witness),
		names:    make(map[attemptName]model.AttemptID),
		tries:    make(map[model.TryID]*try),
		sessions: make(map[model.SessionID][]*witness),
		posts:    make(map[store.PostID]*post),
		marks:    make(map[int64]int),
		losses:   make(map[model.TryID]bool),
		lines:    make(map[model.ScheduleID]*line),
		fires:    make(map[model.AttemptID]model.Instant),
		rules:    make(map[model.WorkflowID]*rule),
		mail:     newMailroom(),

		itemStates: make(map[itemKey]model.State),
		needs:      make(map[model.TryID][]workflow.Slots),
		claimedIn:  make(map[model.TryID]int64),
		handed:     make(map[model.TryID]bool),
	}
}

// made is called when the store has made an attempt.
func (c *checks) made(a *store.Attempt, def *workflow.Workflow) {
	c.sim.log.note(c.sim.now, "made a%d %s%s for %s", a.ID, a.Session.Workflow, a.Name, a.Owner)
	c.oneSession(a)
	w := &witness{
		def: def, info: *a, row: a.AttemptRow, born: c.sim.now,
		rows:  make(map[model.TaskID]engine.TaskRow),
		texts: make(map[model.TaskID]string),
		tales: make(map[model.TaskID]*tale),

		dropped: make(map[model.TaskID]engine.TaskRow),
	}
	if c.sim.queue != nil {
		w.turn = &def.Turn
	}
	c.attempts[a.ID] = w
	c.order = append(c.order, w)
	c.follows(w)
}

// committed is called when the store has taken a batch.
func (c *checks) committed(p *process, b *store.Batch) {
	p.note("commits %d attempts, %d tasks, %d growths, %d events", len(b.Attempts), len(b.Tasks), len(b.Grown), len(b.Events))
	c.oneOwner(p, b)
	c.letsGoOnce(p, b)
	again := c.again(b)
	c.heard(b)
	before := c.consuming(p, b)
	for i := range b.Events {
		c.event(&b.Events[i], again)
		c.givesUp(p, &b.Events[i])
		c.lost(p, &b.Events[i])
	}
	for i := range b.Tasks {
		c.task(&b.Tasks[i], again)
	}
	for i := range b.Attempts {
		c.attempt(&b.Attempts[i], again)
	}
	c.versions(b, again)
	c.items(b, again)
	for id := range b.AttemptIDs() {
		if len(b.Items) > 0 {
			c.counted(c.attempts[id])
		}
		c.agrees(c.attempts[id])
		c.alwaysWakes(c.attempts[id])
	}
	c.consumed(before)
	for _, r := range b.Release {
		c.released(r.Attempt)
	}
}

func (c *checks) attempt(r *engine.AttemptRow, again map[model.AttemptID]bool) {
	if again[r.ID] {
		return
	}
	w := c.attempts[r.ID]
	c.sim.log.note(c.sim.now, "  %s", attemptText(r))
	if w.row.State.Done() && attemptText(&w.row) != attemptText(r) {
		c.sim.fail("attempt %d changed after its end: %s", r.ID, attemptText(r))
	}
	w.row = *r
	if w.queued() && r.Started != 0 {
		c.sim.fail("queue: a%d begins, and was not admitted", r.ID)
	}
	if r.State.Done() {
		w.gone = c.sim.now
		c.free(w.info.Session.ID)
	}
}

// stepped is called when a process has committed a step.
func (c *checks) stepped(p *process) {
	c.armed(p)
	c.callsOff(p)
	c.listensAsStored(p)
	c.restoresAlike(p)
}

// ended is called when everything has come to rest.
func (c *checks) ended() {
	c.ticksTellOfSlots()
	c.thingsAreRunOnce()
	if c.sim.broken != nil {
		return
	}
	c.neverLost()
	c.noPostIsLeft()
	c.noMessageIsLost()
	c.recordsAreSentOnce()
	c.noSlotLeaks()
	for _, w := range c.order {
		c.followsFromHistory(w)
		c.counted(w)
		c.storedAsCommitted(w)
		c.noted(w)
	}
}

// running returns the attempts that are not done, oldest first.
func (c *checks) running() []*witness {
	var running []*witness
	for _, w := range c.order {
		if !w.row.State.Done() {
			running = append(running, w)
		}
	}
	return running
}

// failures counts the tasks of a name that have failed: those of its earlier
// rounds.
func (c *checks) failures(id model.AttemptID, name string) int {
	n := 0
	for _, r := range c.attempts[id].rows {
		if r.Name == name && r.State == model.Failed {
			n++
		}
	}
	return n
}
