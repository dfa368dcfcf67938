package sensing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/sensor/sensing"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
)

// hand is a clock that is set, whose waits end when it is.
type hand struct {
	mu    sync.Mutex
	now   time.Time
	waits map[chan time.Time]time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) After(d time.Duration) (<-chan time.Time, func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := make(chan time.Time, 1)
	h.waits[c] = h.now.Add(d)
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.waits, c)
	}
}

func (h *hand) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	for c, at := range h.waits {
		if !at.After(h.now) {
			c <- h.now
			delete(h.waits, c)
		}
	}
}

// look is what a sensor was given and answers.
type look func(ctx context.Context, given params.Map) (sensor.Answer, error)

type site struct {
	*testing.T
	store *memory.Store
	clock *hand
	looks map[string]look
	// refuse is the error of starts, by the run key.
	refuse map[string]error
	cfg    sensing.Config
	loop   *sensing.Loop
}

// newSite has a project with a sensor for each of the looks.
func newSite(t *testing.T, looks map[string]look) *site {
	t.Helper()
	s := &site{
		T: t, store: memory.New(), looks: looks, refuse: make(map[string]error),
		clock: &hand{now: time.Date(2026, 1, 30, 9, 0, 0, 0, time.UTC), waits: make(map[chan time.Time]time.Time)},
	}
	s.push("r1")
	s.cfg = sensing.Config{
		Store: s.store, Clock: s.clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Parallel: 8,
		Evaluate: func(ctx context.Context, of *store.Workflow, _ *sensor.Sensor, given params.Map) (sensor.Answer, error) {
			return s.looks[of.Name](ctx, given)
		},
		Start: func(ctx context.Context, of *store.Workflow, r sensing.Run) (store.Attempt, bool, error) {
			if err := s.refuse[r.Key]; err != nil {
				return store.Attempt{}, false, err
			}
			return s.store.StartAttempt(ctx, store.Start{
				Session: store.Session{UUID: "u", Project: of.Project, Workflow: of.Name, Key: r.Key, Time: model.InstantOf(r.Time)},
				Zone:    "UTC", Params: r.Params, Definition: of.Definition, Workflow: of.ID, Tags: r.Tags.With(r.Own), Created: model.InstantOf(r.Time),
			})
		},
	}
	s.loop = sensing.New(s.cfg)
	return s
}

func (s *site) push(revision string) {
	s.Helper()
	p := store.Push{Project: "p", Revision: store.Revision{Name: revision, Archive: store.Archive{Type: store.NoArchive}, Created: model.InstantOf(s.clock.Now())}}
	for name := range s.looks {
		w := &workflow.Workflow{
			Name: name, Dialect: "dig", Root: &workflow.Node{Name: "+" + name, Operator: "echo", Config: params.Of("_command", "x")},
			Sensor: params.Of("sh>", "look", "every", "10s", "timeout", "5s", "params", params.Of("base", "b")),
		}
		if err := w.Finish(); err != nil {
			s.Fatal(err)
		}
		p.Workflows = append(p.Workflows, store.Workflow{Name: name, Zone: "UTC", Definition: w})
	}
	if _, err := s.store.Push(s.Context(), p); err != nil {
		s.Fatal(err)
	}
}

// step evaluates what is due.
func (s *site) step() {
	s.Helper()
	if _, err := s.loop.Step(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// wantTicks checks what the last ticks say, the newest first.
func (s *site) wantTicks(want ...string) {
	s.Helper()
	list, _, err := s.store.ListTicks(s.Context(), store.TickFilter{}, store.Page{})
	if err != nil {
		s.Fatal(err)
	}
	var got []string
	for _, t := range list {
		if t.Kind == store.SensorTick {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %d %s", t.Outcome, t.Started, t.Reason)))
		}
	}
	if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
		s.Error(diff)
	}
}

func (s *site) sensor() store.Sensor {
	s.Helper()
	one, err := s.store.Sensor(s.Context(), 1)
	if err != nil {
		s.Fatal(err)
	}
	return one
}

func (s *site) attempts() (keys []string) {
	s.Helper()
	list, _, err := s.store.ListAttempts(s.Context(), store.Filter{}, store.Page{})
	if err != nil {
		s.Fatal(err)
	}
	for i := range list {
		keys = append(keys, list[i].Session.Key+" "+string(params.AppendJSON(nil, list[i].Params)))
	}
	return keys
}

// answers returns what answers the texts in turn, and the last of them from then on.
func answers(texts ...string) look {
	return func(context.Context, params.Map) (sensor.Answer, error) {
		text := texts[0]
		if len(texts) > 1 {
			texts = texts[1:]
		}
		return sensor.ParseOutput(text)
	}
}

func TestARunKeyIsUsedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": answers(
		`{"requests":[{"run_key":"a"},{"run_key":"a"},{"run_key":"b","params":{"base":"c"}}],"cursor":"1"}`,
		`{"requests":[{"run_key":"b"}]}`, `{"skip":"nothing new"}`,
	)})
	s.step()
	s.step() // it is not due again yet
	s.wantTicks("started 2")
	if diff := cmp.Diff([]string{`sensor:b {"base":"c"}`, `sensor:a {"base":"b"}`}, s.attempts()); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		s.clock.pass(10 * time.Second)
		s.step()
	}
	s.wantTicks("skipped 0 nothing new", "skipped 0 each run that it asked for was started before", "started 2")
	got := s.sensor()
	if got.Cursor != "1" || got.LastKey != "b" || got.Failures != 0 || got.LastTick != model.InstantOf(s.clock.Now()) || got.NextTick != got.LastTick.Add(10*time.Second) {
		t.Errorf("sensor %+v", got)
	}
	tags, err := s.store.TagsOf(t.Context(), []model.AttemptID{1})
	if err != nil || tags[1][model.SensorTag] != "1" {
		t.Errorf("tags %v, %v", tags, err)
	}
}

func TestACrashBeforeTheCursorIsStoredStartsNothingTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": answers(`{"requests":[{"run_key":"a"}],"cursor":"1"}`)})
	if _, _, err := s.store.StartAttempt(t.Context(), store.Start{ // as it was before the crash
		Session: store.Session{UUID: "u", Project: 1, Workflow: "w", Key: sensor.SessionKey("a")}, Zone: "UTC", Definition: s.definition(),
	}); err != nil {
		t.Fatal(err)
	}
	s.step()
	s.wantTicks("skipped 0 each run that it asked for was started before")
	if s.sensor().Cursor != "1" || len(s.attempts()) != 1 {
		t.Errorf("cursor %q, attempts %q", s.sensor().Cursor, s.attempts())
	}
}

func (s *site) definition() *workflow.Workflow {
	w, err := s.store.Workflow(s.Context(), 1)
	if err != nil {
		s.Fatal(err)
	}
	return w.Definition
}

func TestOneWrongRequestLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": answers(`{"requests":[{"run_key":"a"},{"run_key":"b"},{"run_key":"c"}],"cursor":"1"}`)})
	s.refuse["sensor:b"] = model.Errorf(model.Invalid, "there is no parameter \"x\"")
	s.step()
	s.wantTicks(`failed 2 request 2 with run_key "b": there is no parameter "x"`)
	if got := s.sensor(); got.Cursor != "1" || got.Failures != 0 {
		t.Errorf("sensor %+v", got)
	}
}

func TestATickThatCanStartNothingIsAFailure(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": answers(`{"requests":[{"run_key":"b"}],"cursor":"1"}`)})
	s.refuse["sensor:b"] = model.Errorf(model.Invalid, "there is no parameter \"x\"")
	s.step()
	s.wantTicks(`failed 0 request 1 with run_key "b": there is no parameter "x"`)
	if got := s.sensor(); got.Cursor != "1" || got.Failures != 1 {
		t.Errorf("sensor %+v", got)
	}
}

func TestWithoutRoomTheRestIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": answers(`{"requests":[{"run_key":"a"},{"run_key":"b"}],"cursor":"1"}`)})
	s.refuse["sensor:b"] = model.Errorf(model.Exhausted, "too many")
	s.step()
	s.wantTicks(`failed 1 request 2 with run_key "b" can't be started, and is asked for again: too many`)
	if got := s.sensor(); got.Cursor != "" || got.Failures != 1 || got.LastKey != "a" {
		t.Errorf("sensor %+v", got)
	}
	delete(s.refuse, "sensor:b")
	s.clock.pass(20 * time.Second)
	s.step()
	s.wantTicks("started 1")
	if s.sensor().Cursor != "1" {
		t.Error("the cursor is not stored")
	}
}

func TestAFailureKeepsTheCursorAndBacksOff(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": func(context.Context, params.Map) (sensor.Answer, error) {
		return sensor.Answer{}, errors.New("no folder")
	}})
	for i, want := range []time.Duration{20 * time.Second, 40 * time.Second, 80 * time.Second} {
		s.step()
		got := s.sensor()
		if wait := got.NextTick.Time().Sub(s.clock.Now()); got.Failures != i+1 || wait != want {
			t.Errorf("after %d failures it waits %s, want %s", got.Failures, wait, want)
		}
		s.clock.pass(want)
	}
	s.wantTicks("failed 0 no folder", "failed 0 no folder")
	s.push("r2")
	if s.sensor().Failures != 0 {
		t.Error("a new revision has failed before it was evaluated")
	}
}

func TestAChangeMeanwhileKeepsItsCursor(t *testing.T) {
	t.Parallel()
	var s *site
	s = newSite(t, map[string]look{"w": func(context.Context, params.Map) (sensor.Answer, error) {
		one := s.sensor()
		one.Cursor, one.NextTick = "reset", one.NextTick.Add(time.Second)
		if _, err := s.store.ChangeSensor(t.Context(), one); err != nil {
			t.Error(err)
		}
		return sensor.ParseOutput(`{"requests":[{"run_key":"a"}],"cursor":"1"}`)
	}})
	next := s.sensor().NextTick.Add(time.Second)
	if err := s.loop.Evaluate(t.Context(), s.sensor()); err != nil {
		t.Fatal(err)
	}
	if got := s.sensor(); got.Cursor != "reset" || got.NextTick != next || got.LastKey != "a" || got.LastTick == 0 {
		t.Errorf("sensor %+v", got)
	}
	s.wantTicks("started 1 the sensor was changed meanwhile, so that it keeps the cursor that it has")
	s.wantKnown("a")
}

// wantKnown checks that the sensor knows run keys.
func (s *site) wantKnown(keys ...string) {
	s.Helper()
	known, err := s.store.KnownRunKeys(s.Context(), 1, keys)
	if err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(keys, known); diff != "" {
		s.Error(diff)
	}
}

func TestWhatAnEvaluationCameToIsKeptWhateverIsChangedMeanwhile(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(s *site){
		"a push": func(s *site) { s.push("r2") },
		"disabled": func(s *site) {
			one := s.sensor()
			one.Disabled = 7
			if _, err := s.store.ChangeSensor(s.Context(), one); err != nil {
				s.Error(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			var s *site
			s = newSite(t, map[string]look{"w": func(context.Context, params.Map) (sensor.Answer, error) {
				change(s)
				return sensor.ParseOutput(`{"requests":[{"run_key":"a"},{}],"cursor":"1"}`)
			}})
			before := s.sensor()
			if err := s.loop.Evaluate(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			got := s.sensor()
			if got.Cursor != "1" || got.LastKey != "a" || got.LastTick == 0 || got.LastOutcome != store.TickStarted {
				t.Errorf("sensor %+v", got)
			}
			if pushed := got.Workflow != before.Workflow; pushed != (got.NextTick == before.NextTick) {
				t.Errorf("a push has it evaluated at once, all else does not: %+v", got)
			}
			s.wantTicks("started 2")
			s.wantKnown("a")
		})
	}
}

func TestASensorThatGoesMeanwhileStillHasItsTick(t *testing.T) {
	t.Parallel()
	var s *site
	s = newSite(t, map[string]look{"w": func(context.Context, params.Map) (sensor.Answer, error) {
		if _, err := s.store.DeleteProject(t.Context(), 1, 1); err != nil {
			t.Error(err)
		}
		return sensor.ParseOutput(`{"skip":"nothing"}`)
	}})
	s.step()
	s.wantTicks("skipped 0 nothing")
}

// stale is a store that has a sensor due that was evaluated as it was read.
type stale struct {
	store.Store
	read func()
}

func (f stale) DueSensors(ctx context.Context, p store.Pool, now model.Instant, n int) ([]store.Sensor, model.Instant, error) {
	due, next, err := f.Store.DueSensors(ctx, p, now, n)
	f.read()
	return due, next, err
}

func TestASensorIsNotEvaluatedAsItWasBeforeItsLastEvaluation(t *testing.T) {
	t.Parallel()
	free := make(chan struct{})
	looks := 0
	s := newSite(t, map[string]look{"w": func(context.Context, params.Map) (sensor.Answer, error) {
		<-free
		looks++ // one at a time
		return sensor.ParseOutput(fmt.Sprintf(`{"requests":[{}],"cursor":"%d"}`, looks))
	}})
	reads := 0
	s.cfg.Store = stale{s.store, func() {
		if reads++; reads == 2 {
			close(free)
			s.until("it was evaluated", func() bool { return s.sensor().LastTick != 0 })
			s.until("and has ended", func() bool { return sensing.Busy(s.loop) == 0 })
		}
	}}
	s.loop = sensing.New(s.cfg)
	ctx, stop := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	loops.Go(func() { s.loop.Run(ctx) })
	s.until("it was looked for what is due again", func() bool {
		s.clock.pass(time.Second)
		return s.sensor().LastTick != 0
	})
	stop()
	loops.Wait()
	if n := len(s.attempts()); n != looks || s.sensor().Cursor != fmt.Sprint(looks) {
		t.Errorf("%d runs of %d looks, cursor %q", n, looks, s.sensor().Cursor)
	}
	list, _, err := s.store.ListTicks(t.Context(), store.TickFilter{}, store.Page{})
	if err != nil || len(list) != looks {
		t.Errorf("%d ticks, %v", len(list), err)
	}
}

// damaged is a store in which no workflow can be read.
type damaged struct{ store.Store }

func (damaged) Workflow(context.Context, model.WorkflowID) (store.Workflow, error) {
	return store.Workflow{}, model.Errorf(model.Internal, "stored definition can't be read: it is of a later version")
}

func TestASensorWhoseDefinitionCantBeReadIsTriedAtItsIntervalAndToldOfOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": answers(`{}`)})
	var said strings.Builder
	s.cfg.Store, s.cfg.Log = damaged{s.store}, slog.New(slog.NewTextHandler(&said, nil))
	s.loop = sensing.New(s.cfg)
	for i := range 4 {
		s.step()
		got := s.sensor()
		if wait := got.NextTick.Time().Sub(s.clock.Now()); wait != sensor.DefaultEvery || got.Failures != i+1 {
			t.Errorf("after %d failures it waits %s", got.Failures, wait)
		}
		if got.LastOutcome != store.TickFailed || !strings.Contains(got.LastReason, "can't be read") {
			t.Errorf("sensor %+v", got)
		}
		s.clock.pass(sensor.DefaultEvery)
	}
	if n := strings.Count(said.String(), "can't be read"); n != 1 {
		t.Errorf("it was said %d times: %s", n, said.String())
	}
}

func TestWhatIsSecretInAnAnswerIsInNoTick(t *testing.T) {
	t.Parallel()
	s := newSite(t, map[string]look{"w": func(context.Context, params.Map) (sensor.Answer, error) {
		a, err := sensor.ParseOutput(`{"requests":[{"run_key":"hunter22"},{"run_key":"b"}]}`)
		a.Hide = func(text string) string { return strings.ReplaceAll(text, "hunter22", "***") }
		return a, err
	}})
	s.refuse["sensor:hunter22"] = model.Errorf(model.Invalid, "amount must be a number, not %q", "hunter22")
	s.refuse["sensor:b"] = model.Errorf(model.Exhausted, "no room for hunter22").WithHint("wait for hunter22")
	s.step()
	s.wantTicks(`failed 0 request 2 with run_key "b" can't be started, and is asked for again: no room for *** (wait for ***)`)
	delete(s.refuse, "sensor:b")
	s.clock.pass(time.Minute)
	s.step()
	s.wantTicks(`failed 1 request 1 with run_key "***": amount must be a number, not "***"`)
}

func TestWhatWasAskedForBeforeTheEndIsCarriedOut(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	s := newSite(t, map[string]look{"w": answers(`{"requests":[{},{}],"cursor":"1"}`)})
	begin := s.cfg.Start
	s.cfg.Start = func(ctx context.Context, of *store.Workflow, r sensing.Run) (store.Attempt, bool, error) {
		stop()
		r.Key = fmt.Sprint("own ", len(s.attempts()))
		return begin(ctx, of, r)
	}
	if err := sensing.New(s.cfg).Evaluate(ctx, s.sensor()); err != nil {
		t.Fatal(err)
	}
	s.wantTicks("started 2")
	if s.sensor().Cursor != "1" {
		t.Error("the cursor is not stored")
	}
}

func TestTheEndWaitsForNoLookForEver(t *testing.T) {
	t.Parallel()
	begun, free := make(chan struct{}), make(chan struct{})
	s := newSite(t, map[string]look{"w": func(context.Context, params.Map) (sensor.Answer, error) {
		close(begun)
		<-free
		return sensor.ParseOutput(`{"requests":[{"run_key":"a"}]}`)
	}})
	var said strings.Builder
	s.cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
	loop := sensing.New(s.cfg)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		loop.Run(ctx)
	}()
	within(t, begun)
	stop()
	s.until("its end is waited for no longer", func() bool {
		s.clock.pass(time.Second)
		select {
		case <-over:
			return true
		default:
			return false
		}
	})
	if !strings.Contains(said.String(), "left alone") || !strings.Contains(said.String(), "workflow=w") {
		t.Errorf("log: %s", said.String())
	}
	close(free)
	s.until("the look has ended", func() bool { return sensing.Busy(loop) == 0 })
	if len(s.attempts()) != 0 || s.sensor().LastTick != 0 {
		t.Error("something came of a look after the end")
	}
}

func TestASensorThatHangsIsEndedAndStopsNoOther(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan struct{}), make(chan struct{})
	s := newSite(t, map[string]look{
		"hangs": func(ctx context.Context, _ params.Map) (sensor.Answer, error) {
			close(begun)
			<-ctx.Done()
			close(ended)
			return sensor.Answer{}, context.Cause(ctx)
		},
		"works": answers(`{"requests":[{"run_key":"a"}]}`),
	})
	ctx, stop := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	for range 2 { // two servers
		loops.Go(func() { s.loop.Run(ctx) })
	}
	defer loops.Wait()
	defer stop()
	within(t, begun)
	s.until("the other one has started its run", func() bool { return len(s.attempts()) == 1 })
	s.clock.pass(5 * time.Second)
	within(t, ended)
	s.until("the failure is told", func() bool {
		list, _, err := s.store.ListTicks(t.Context(), store.TickFilter{Name: "hangs", Outcome: store.TickFailed}, store.Page{})
		return err == nil && len(list) == 1 && strings.Contains(list[0].Reason, "longer than its timeout of 5s")
	})
}

// faulty is a store that fails once when it is told to.
type faulty struct {
	store.Store
	fail atomic.Bool
}

func (f *faulty) DueSensors(ctx context.Context, p store.Pool, now model.Instant, n int) ([]store.Sensor, model.Instant, error) {
	if f.fail.Swap(false) {
		return nil, 0, model.Errorf(model.Unavailable, "it is away")
	}
	return f.Store.DueSensors(ctx, p, now, n)
}

func TestASensorThatHeedsNothingStopsNoOtherAfterTheStoreWasAway(t *testing.T) {
	t.Parallel()
	begun, free := make(chan struct{}), make(chan struct{})
	var looked atomic.Int64
	s := newSite(t, map[string]look{
		"hangs": func(context.Context, params.Map) (sensor.Answer, error) {
			close(begun)
			<-free
			return sensor.Answer{}, nil
		},
		"works": func(context.Context, params.Map) (sensor.Answer, error) {
			looked.Add(1)
			return sensor.Answer{}, nil
		},
	})
	of := &faulty{Store: s.store}
	s.cfg.Store = of
	ctx, stop := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	loops.Go(func() { sensing.New(s.cfg).Run(ctx) })
	defer loops.Wait()
	defer close(free)
	defer stop()
	within(t, begun)
	of.fail.Store(true)
	s.until("the store was away", func() bool { s.clock.pass(time.Second); return !of.fail.Load() })
	n := looked.Load()
	s.until("the other one looks again", func() bool { s.clock.pass(time.Second); return looked.Load() > n+1 })
}

func TestSensorsThatAreBusyHoldBackNoneHoweverManyTheyAre(t *testing.T) {
	t.Parallel()
	free := make(chan struct{})
	var begun atomic.Int64
	looks := make(map[string]look)
	for i := range sensing.AtOnce {
		looks[fmt.Sprint("w", i)] = func(context.Context, params.Map) (sensor.Answer, error) {
			begun.Add(1)
			<-free
			return sensor.Answer{}, nil
		}
	}
	s := newSite(t, looks)
	s.cfg.Parallel = 0
	ctx, stop := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	loops.Go(func() { sensing.New(s.cfg).Run(ctx) })
	defer loops.Wait()
	defer close(free)
	defer stop()
	s.until("all are busy", func() bool { return begun.Load() == sensing.AtOnce })
	looked := make(chan struct{})
	s.looks["last"] = func(context.Context, params.Map) (sensor.Answer, error) {
		close(looked)
		return sensor.Answer{}, nil
	}
	s.push("r2") // it is due after the others, as it is the youngest
	within(t, looked)
}

func within(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(2 * time.Minute):
		t.Fatal("it takes too long")
	}
}

// until waits for a fact.
func (s *site) until(what string, so func() bool) {
	s.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(2 * time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			s.Fatalf("it never came to this: %s", what)
		}
	}
}
