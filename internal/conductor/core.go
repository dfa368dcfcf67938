package conductor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// Core is the conductor's decision loop without its goroutines: each Step
// takes what has gathered, lets the engine answer, commits the answers of all
// attempts at once and then carries out what follows. It is driven by one
// goroutine, the shell's or a simulation's.
type Core struct {
	cfg   Config
	epoch int64
	// renewAt is when the lease is due to be renewed.
	renewAt model.Instant

	driven map[model.AttemptID]*driven
	// strays is set while the store may count attempts as this conductor's
	// that it does not drive, because an answer or a read was lost.
	strays bool
	// unread are attempts that are this conductor's and that can't be read,
	// with when that is to be tried again.
	unread map[model.AttemptID]model.Instant
	// doomed are attempts that are to be ended instead of driven on, and
	// whether the step does so.
	doomed map[model.AttemptID]bool
	timers timers
	// inbox holds the stimuli that are not applied yet.
	inbox []Stimulus
	step  engine.Step
	jobs  []runner.Job
	// told is how many of the step's events others were told of.
	told int
	// announced is how many of its attempts, and calledOff how many of its tasks,
	// were looked at for what they have to do with calls.
	announced, calledOff int
	// replies are called once the step is committed.
	replies []reply
	// unsure is set while the store has not said whether it holds the step.
	unsure bool
	// consumed are the posts that the step answers, releases the attempts that
	// it lets go of.
	consumed []store.PostID
	releases []store.Release
	// touched are the attempts that the step has begun to drive or commanded,
	// some of them more than once, and some without a change.
	touched []model.AttemptID
	// notices are to be given once the step is committed.
	notices []Timeout
	// patrolAt is when to look next for what others left to be done, and look
	// is set when that is to be now. wakeAt is when the next attempt is due that
	// nobody drives, as far as is known. passed is the post up to which all were
	// looked at, and stuck the attempts of those among them that can't be read.
	patrolAt model.Instant
	look     bool
	wakeAt   model.Instant
	passed   store.PostID
	stuck    map[model.AttemptID]bool
	// fetches are the items that collections have asked for.
	fetches []fetch
	slots   slots
}

// driven is an attempt that this conductor drives.
type driven struct {
	attempt *engine.Attempt
	info    store.Attempt
	job     func(*engine.Effect) runner.Job
	// out holds the newest try of each task that has not been reported, and the
	// collections that have asked for items. It is nil where attempts are never let
	// go of.
	out map[model.TaskID]int32
	// lateAt is when alarm is to be added, if it is not there yet.
	lateAt model.Instant
	alarm  []*workflow.Node
	// stuck is set when it was told of that a post to it can't be read.
	stuck bool
	// waiters are called when the attempt is done, or lost.
	waiters []func(engine.AttemptRow, error)
	// teller tells others of the attempt, once it is introduced; nil tells nobody.
	teller     Teller
	introduced bool
}

type reply struct {
	to  func(error)
	err error
}

// Stimulus is one thing for a conductor to answer.
type Stimulus struct {
	Attempt model.AttemptID
	Command engine.Command
	// Do, when set, is called instead of applying Command, with the core at
	// rest between two commands.
	Do func(*Core) error
	// Reply, when set, is called with the outcome after it was committed.
	Reply func(error)
}

// NewCore returns a core that holds no lease yet.
func NewCore(cfg Config) *Core {
	return &Core{
		cfg:    cfg.withDefaults(),
		driven: make(map[model.AttemptID]*driven),
		unread: make(map[model.AttemptID]model.Instant),
		doomed: make(map[model.AttemptID]bool),
		stuck:  make(map[model.AttemptID]bool),
		slots:  newSlots(),
	}
}

// Step renews the lease when that is due, fires the timers that are, applies
// the stimuli and commits what changed. The stimuli are taken in any case: after
// an error other than a lost lease the next Step goes on where this one got to.
// ErrFenced means that the core has let go of everything.
func (c *Core) Step(ctx context.Context, stimuli []Stimulus) error {
	c.inbox = append(c.inbox, stimuli...)
	if c.unsure {
		if err := c.commit(ctx); err != nil {
			return err
		}
	}
	now := c.now()
	if err := c.renew(ctx, now); err != nil {
		return err
	}
	for {
		t, ok := c.timers.pop(now)
		if !ok {
			break
		}
		c.fire(now, t)
	}
	for i := range c.inbox {
		s := &c.inbox[i]
		var err error
		if s.Do != nil {
			err = s.Do(c)
		} else {
			err = c.apply(now, s.Attempt, s.Command)
		}
		if s.Reply != nil {
			c.replies = append(c.replies, reply{s.Reply, err})
		}
	}
	clear(c.inbox)
	c.inbox = c.inbox[:0]
	if err := c.fetch(ctx, now); err != nil {
		return err
	}
	if err := c.patrol(ctx, now); err != nil {
		return err
	}
	if err := c.commit(ctx); err != nil {
		return err
	}
	return c.shareSlots(ctx, now)
}

// NextDue returns when Step has something to do though nothing comes in.
func (c *Core) NextDue() model.Instant {
	next := c.renewAt
	if at := c.timers.next(); at != 0 && at < next {
		next = at
	}
	if c.cfg.Patrol > 0 {
		next = min(next, c.patrolAt, c.wakeAt)
		if c.look {
			next = 0
		}
	}
	if len(c.fetches) > 0 || len(c.inbox) > 0 || c.slots.share {
		next = 0
	}
	return next
}

// Idle reports whether the core drives nothing and owes the store nothing.
func (c *Core) Idle() bool { return len(c.driven) == 0 && !c.unsure }

// Leave gives the lease up, so that others can drive on what the core drives. It
// is the last thing that is done with a core.
func (c *Core) Leave(ctx context.Context) error {
	return c.cfg.Store.EndLease(ctx, c.cfg.Owner, c.epoch)
}

func (c *Core) now() model.Instant { return model.InstantOf(c.cfg.Clock.Now()) }

// due reports whether the next instant has come at which something is done
// that is done each so often. A clock that was set back does not put it off.
func due(now, next model.Instant, every time.Duration) bool {
	return now >= next || next.Sub(now) > every
}

func (c *Core) apply(now model.Instant, id model.AttemptID, cmd engine.Command) error {
	d, ok := c.driven[id]
	if !ok {
		return model.Errorf(model.NotFound, "attempt %d is not driven here", id)
	}
	c.touched = append(c.touched, id)
	if cmd.Try != 0 && cmd.Kind != engine.Judge && d.out[cmd.Task] == cmd.Try {
		delete(d.out, cmd.Task)
	}
	return d.attempt.Apply(now, cmd, &c.step)
}

// renew takes the lease, or makes it last longer. One that had run out is still
// this conductor's as long as no other has ended it.
func (c *Core) renew(ctx context.Context, now model.Instant) error {
	if !due(now, c.renewAt, c.cfg.RenewEvery) {
		return nil
	}
	epoch, err := c.cfg.Store.Lease(ctx, c.cfg.Owner, c.epoch, c.cfg.LeaseFor)
	switch {
	case model.CodeOf(err) == model.Conflict && c.epoch != 0:
		return c.fenced(err)
	case err != nil:
		return err
	}
	c.epoch = epoch
	c.renewAt = now.Add(c.cfg.RenewEvery)
	c.takeUpStrays(ctx)
	c.readAgain(ctx, now)
	return nil
}

// commit writes the step and then does what it says.
func (c *Core) commit(ctx context.Context) error {
	if err := c.tell(ctx); err != nil {
		return err
	}
	if err := c.callOff(ctx); err != nil {
		return err
	}
	c.announce()
	batch := c.batch()
	if len(batch.Tasks)+len(batch.Events)+len(batch.Attempts)+len(batch.Grown)+len(batch.Consumed)+len(batch.Release)+len(batch.Buried) > 0 {
		if err := c.write(ctx, batch); err != nil {
			return err
		}
		if c.cfg.Observe != nil {
			c.cfg.Observe(batch)
		}
	}
	c.carryOut()
	for _, r := range c.replies {
		r.to(r.err)
	}
	clear(c.replies)
	c.replies = c.replies[:0]
	return nil
}

// batch returns what the step writes.
func (c *Core) batch() *store.Batch {
	s := &c.step
	b := &store.Batch{
		Owner: c.cfg.Owner, Epoch: c.epoch,
		Attempts: s.Attempts, Tasks: s.Tasks, Grown: s.Grown, Events: s.Events,
		Listening: s.Listening, Records: s.Records, Buried: s.Buried, Items: s.Items, Dropped: s.Dropped, Consumed: c.consumed,
	}
	if !c.unsure {
		c.findResting()
	}
	b.Release = c.releases
	return b
}

// write commits a batch. One that released attempts can't be written again
// where it was written in spite of the error: they are others' by then.
func (c *Core) write(ctx context.Context, b *store.Batch) error {
	if c.unsure && len(b.Release) > 0 {
		written, err := c.released(ctx, b.Release[0].Attempt)
		if err != nil || written {
			c.unsure = err != nil
			return err
		}
	}
	c.unsure = true
	err := c.cfg.Store.Commit(ctx, b)
	if model.CodeOf(err) == model.Conflict {
		return c.fenced(err)
	}
	c.unsure = err != nil
	return err
}

// released reports whether this conductor let go of an attempt while its
// lease stood.
func (c *Core) released(ctx context.Context, id model.AttemptID) (bool, error) {
	a, err := c.cfg.Store.Attempt(ctx, id)
	if err != nil || a.Owner == c.cfg.Owner && a.Epoch == c.epoch {
		return false, err
	}
	err = c.cfg.Store.Commit(ctx, &store.Batch{Owner: c.cfg.Owner, Epoch: c.epoch})
	if model.CodeOf(err) == model.Conflict {
		return false, c.fenced(err)
	}
	return err == nil, err
}

// carryOut does what the engine asked for in the committed step.
func (c *Core) carryOut() {
	for _, r := range c.releases {
		delete(c.driven, r.Attempt) // whoever drives it on arms its timers
	}
	for i := range c.step.Effects {
		e := &c.step.Effects[i]
		d, ok := c.driven[e.Attempt]
		if !ok {
			continue
		}
		switch e.Kind {
		case engine.Dispatch:
			if c.cfg.TaskTTL > 0 && e.Try == 1 && d.attempt.Has(e.Task) {
				began := d.attempt.Task(e.Task).Started // which others would count from, too
				c.timers.push(timer{at: began.Add(c.cfg.TaskTTL), attempt: e.Attempt, task: e.Task, kind: tooLong})
			}
			c.dispatch(d.job(&e.Effect), e.Node)
		case engine.Interrupt:
			c.interrupt(model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try})
		case engine.Arm, engine.ArmLimit:
			kind := wakes
			if e.Kind == engine.ArmLimit {
				kind = limits
			}
			c.timers.push(timer{at: e.At, attempt: e.Attempt, task: e.Task, kind: kind})
		case engine.FetchItems:
			c.fetches = append(c.fetches, fetch{e.Attempt, e.Task, e.Fetch})
		case engine.Finished:
			delete(c.driven, e.Attempt)
			for _, w := range d.waiters {
				w(d.attempt.Row(), nil)
			}
		}
	}
	c.submit()
	for _, n := range c.notices {
		c.cfg.TimedOut(n)
	}
	c.notices = c.notices[:0]
	maps.DeleteFunc(c.doomed, func(_ model.AttemptID, ended bool) bool { return ended })
	c.freed()
	c.forget()
}

// forget makes the step empty.
func (c *Core) forget() {
	c.step.Reset()
	c.told, c.announced, c.calledOff = 0, 0, 0
	c.consumed, c.releases, c.touched = c.consumed[:0], c.releases[:0], c.touched[:0]
}

func (c *Core) submit() {
	if len(c.jobs) == 0 {
		return
	}
	c.cfg.Runner.Submit(c.jobs)
	clear(c.jobs)
	c.jobs = c.jobs[:0]
}

// ErrFenced says that the conductor lost its lease: others may drive its
// attempts now, and nothing that it had not committed counts.
var ErrFenced = errors.New("conductor lost its lease")

// fenced lets go of every attempt.
func (c *Core) fenced(cause error) error {
	err := errors.Join(ErrFenced, cause)
	c.abandon(err)
	c.timers, c.unsure, c.fetches, c.slots = timers{}, false, nil, newSlots()
	clear(c.unread)
	clear(c.doomed)
	clear(c.stuck)
	c.forget()
	return err
}

// adopt begins an attempt that this conductor owns.
func (c *Core) adopt(info store.Attempt, def *workflow.Workflow) error {
	c.drive(engine.New(info.ID, def, info.Params), info)
	return c.apply(c.now(), info.ID, engine.Command{Kind: engine.Begin})
}

// Restore begins to drive an attempt that the store says this conductor owns,
// where another one left it. Its running tries are lost, except those that the
// runner had when the attempt was not read yet.
func (c *Core) Restore(s *store.Snapshot, had map[model.TryID]bool) error {
	if err := c.restore(s, had); err != nil {
		return err
	}
	for i := range s.Inbox {
		c.consume(&s.Inbox[i])
	}
	return nil
}

func (c *Core) restore(s *store.Snapshot, had tries) error {
	if s.Attempt.Started == 0 {
		return c.adopt(s.Attempt, s.Definition)
	}
	c.takeOver(s)
	a, err := s.Restore()
	if err != nil {
		return err
	}
	c.drive(a, s.Attempt)
	a.Revive(c.now(), c.awaited(s, had), &c.step)
	return nil
}

// takeOver tells of an attempt that was another's.
func (c *Core) takeOver(s *store.Snapshot) {
	if c.cfg.TakeOver != nil {
		c.cfg.TakeOver(s)
	}
}

func (c *Core) drive(a *engine.Attempt, info store.Attempt) {
	d := &driven{attempt: a, info: info, job: c.cfg.Open(info, a.Definition())}
	if c.cfg.Unload > 0 {
		d.out = make(map[model.TaskID]int32)
	}
	c.driven[a.ID()] = d
	c.touched = append(c.touched, a.ID())
	c.limit(d)
	c.watch(d)
}

// Start makes an attempt, or finds the one that its session has under the
// same name, and begins to drive what it made.
func (c *Core) Start(ctx context.Context, s store.Start) (store.Attempt, bool, error) {
	s.Owner, s.Epoch = c.cfg.Owner, c.epoch
	s.Created = c.now()
	info, made, err := c.cfg.Store.StartAttempt(ctx, s)
	c.strays = c.strays || unanswered(err)
	if err != nil || !made {
		return info, made, err
	}
	return info, true, c.adopt(info, s.Definition)
}

// takeOn begins an attempt that was made for this conductor, unless it was
// found among the strays before.
func (c *Core) takeOn(info store.Attempt, def *workflow.Workflow) error {
	if _, ok := c.driven[info.ID]; ok {
		return nil
	}
	return c.adopt(info, def)
}

// unanswered reports whether an error of the store leaves open what it did.
func unanswered(err error) bool {
	if err == nil {
		return false
	}
	code := model.CodeOf(err)
	return code == model.Unavailable || code == model.Internal
}

// Attempt returns the live state of a driven attempt. It is valid until the
// core goes on.
func (c *Core) Attempt(id model.AttemptID) (*engine.Attempt, bool) {
	d, ok := c.driven[id]
	if !ok {
		return nil, false
	}
	return d.attempt, true
}

// Await calls f once the attempt is done or this conductor has lost it. It
// reports whether the attempt is driven here; if not, f is never called.
func (c *Core) Await(id model.AttemptID, f func(engine.AttemptRow, error)) bool {
	d, ok := c.driven[id]
	if ok {
		d.waiters = append(d.waiters, f)
	}
	return ok
}

// Stimuli turns what a runner reports into what the core takes.
func Stimuli(dst []Stimulus, reports []runner.Report) []Stimulus {
	for _, r := range reports {
		s := Stimulus{Attempt: r.ID.Attempt}
		cmd, ok := r.Outcome.(engine.Command)
		switch {
		case r.Lost:
			cmd = engine.Command{Kind: engine.Lose}
		case !ok:
			cmd = engine.Command{Kind: engine.TryCancelled}
		}
		cmd.Task, cmd.Try = r.ID.Task, r.ID.Try
		s.Command = cmd
		dst = append(dst, s)
	}
	return dst
}

// Defaults of a conductor's lease: it is renewed often enough that two
// renewals may fail, and short enough that others take over soon.
const (
	defaultLeaseFor   = 10 * time.Second
	defaultRenewEvery = 3 * time.Second
)

// abandon answers everybody who waits for an attempt or for an answer.
func (c *Core) abandon(why error) {
	for _, id := range slices.Sorted(maps.Keys(c.driven)) {
		d := c.driven[id]
		delete(c.driven, id)
		for _, w := range d.waiters {
			w(d.attempt.Row(), why)
		}
	}
	for _, r := range c.replies {
		r.to(why)
	}
	for _, s := range c.inbox {
		if s.Reply != nil {
			s.Reply(why)
		}
	}
	c.replies, c.inbox = nil, nil
}
