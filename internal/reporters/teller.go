package reporters

import (
	"context"
	"errors"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/store"
)

const (
	// atOnce is how many events a reporter is given at a time.
	atOnce = 100
	// idle is how often it is looked for what other processes commit.
	idle = time.Second
	// held is how soon it is looked again for what a commit under way holds back.
	held = 5 * time.Millisecond
	// The waits of a reporter that fails double from the first to the longest.
	firstWait, longestWait = time.Second, time.Minute
	// noteEvery is how often a place is kept, at most, up to which nothing was told, and
	// showEvery how often that the reporter is there.
	noteEvery = 5 * time.Second
	showEvery = time.Minute
)

// teller tells one reporter.
type teller struct {
	Config
	crew *Crew
	bell chan struct{}
	// at is how far it came, kept the cursor that was written down last, and noted
	// when.
	at    standing
	kept  string
	noted time.Time
}

// run tells the reporter until ctx ends. What fails is begun again, and holds back
// no other.
func (t *teller) run(ctx context.Context) {
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, longestWait) {
		err := t.begin(ctx)
		for err == nil && ctx.Err() == nil {
			if err = t.round(ctx); err == nil {
				wait = firstWait
			}
		}
		if ctx.Err() == nil {
			t.crew.options.Log.Warn("a reporter is not told for a moment", "reporter", t.Name, "error", err, "again", wait.String())
			clock.Pause(ctx, t.crew.options.Clock, wait)
		}
	}
}

// begin finds where the reporter is; a new one begins with what happens from now on.
func (t *teller) begin(ctx context.Context) (err error) {
	var known bool
	if t.at, known, err = readStanding(ctx, t.crew.options.Store, t.place()); err != nil {
		return err
	}
	if known {
		return t.note(ctx)
	}
	if t.at.Cursor, err = t.crew.reader.End(ctx); err != nil {
		return err
	}
	return t.note(ctx)
}

// place is the name under which it is kept how far the reporter came.
func (t *teller) place() string {
	if scope := t.crew.options.Scope; scope != "" {
		return scope + "/" + t.Name
	}
	return t.Name
}

// step tells what there is, and waits for nothing.
func (t *teller) step(ctx context.Context) error {
	if t.kept == "" {
		if err := t.begin(ctx); err != nil {
			return err
		}
	}
	for more := true; more; {
		var err error
		if more, _, err = t.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// round tells what there is, or waits for more.
func (t *teller) round(ctx context.Context) error {
	more, heldBack, err := t.look(ctx)
	switch {
	case err != nil || more:
	case heldBack:
		clock.Pause(ctx, t.crew.options.Clock, held)
	default:
		t.wait(ctx)
	}
	return err
}

// look tells a page of what there is, and reports whether there is more to look at, or
// held back for a moment.
func (t *teller) look(ctx context.Context) (more, heldBack bool, err error) {
	page, err := t.crew.reader.Read(ctx, history.Query{LogQuery: store.LogQuery{After: t.at.Cursor, Limit: atOnce}, Types: t.Types, Tags: t.Tags})
	var gone *store.Forgotten
	if errors.As(err, &gone) {
		return true, false, t.miss(ctx, gone)
	}
	if err != nil {
		return false, false, err
	}
	if wanted := t.wanted(page.Events); len(wanted) > 0 {
		if err := t.tell(ctx, wanted); err != nil || ctx.Err() != nil {
			return false, false, err
		}
	}
	t.at.Cursor = page.Next
	if quiet := t.now().Sub(t.noted); t.at.Cursor != t.kept && quiet >= noteEvery || quiet >= showEvery {
		if err := t.note(ctx); err != nil {
			return false, false, err
		}
	}
	return page.More, page.Held, nil
}

// miss goes on where events are missing. Where the log has moved it does so at the
// end: all that was told already would be told again.
func (t *teller) miss(ctx context.Context, gone *store.Forgotten) (err error) {
	cursor, why := gone.Cursor, "events were missed that are not kept any more"
	if gone.Moved {
		why = "the log of events was moved: the reporter goes on from its end, and may have missed some"
		if cursor, err = t.crew.reader.End(ctx); err != nil {
			return err
		}
	}
	t.crew.options.Log.Error("a reporter has missed events", "reporter", t.Name, "error", why)
	t.at.Cursor = cursor
	t.at.fail(t.now(), why)
	return t.note(ctx)
}

func (t *teller) wanted(events []history.Event) (list []history.Event) {
	for i := range events {
		if t.wants(&events[i]) {
			list = append(list, events[i])
		}
	}
	return list
}

// tell tells of events, all at once or, where that fails, one after the other, which is
// their first retry. What is told is kept before anything else is. An error is the
// store's.
func (t *teller) tell(ctx context.Context, events []history.Event) error {
	retry := 0
	if len(events) > 1 && t.Retries > 0 {
		err := t.Reporter.Report(ctx, events)
		if err == nil {
			return t.told(ctx, &events[len(events)-1])
		}
		if ctx.Err() != nil {
			return nil // which may be why
		}
		t.failed(err, 0)
		retry = 1
	}
	for i := range events {
		if err := t.insist(ctx, events[i:i+1], retry); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// insist tells of an event, again and again, and passes over it once it has had all its
// retries. The number of the next one is given; 0 is the first time.
func (t *teller) insist(ctx context.Context, event []history.Event, retry int) error {
	wait := firstWait
	for ; ; retry++ {
		err := t.Reporter.Report(ctx, event)
		switch {
		case err == nil:
			return t.told(ctx, &event[0])
		case ctx.Err() != nil:
			return nil
		case retry >= t.Retries:
			t.crew.options.Log.Error("a reporter was not told of an event, and goes on", "reporter", t.Name, "event", event[0].Type,
				"attempt", event[0].AttemptID, "seq", event[0].Seq, "error", err)
			t.at.skip(t.now(), err.Error())
			t.at.Cursor = event[0].Cursor
			return t.note(ctx)
		}
		t.failed(err, wait)
		if err := t.note(ctx); err != nil {
			return err
		}
		if !t.crew.pause(ctx, wait) {
			return nil
		}
		wait = min(2*wait, longestWait)
	}
}

// told keeps that the reporter was told up to an event.
func (t *teller) told(ctx context.Context, e *history.Event) error {
	t.at.succeed(e)
	return t.note(ctx)
}

// failed notes that the reporter can't be told now.
func (t *teller) failed(err error, wait time.Duration) {
	t.at.fail(t.now(), err.Error())
	t.crew.options.Log.Warn("a reporter can't be told", "reporter", t.Name, "error", err, "again", wait.String())
}

func (t *teller) now() time.Time { return t.crew.options.Clock.Now() }

// note keeps how far the reporter came.
func (t *teller) note(ctx context.Context) error {
	t.kept, t.noted = t.at.Cursor, t.now()
	t.at.Seen = t.noted.UTC()
	return t.at.write(ctx, t.crew.options.Store, t.place())
}

// wait waits until something was committed here, or others may have.
func (t *teller) wait(ctx context.Context) {
	due, stop := t.crew.options.Clock.After(idle)
	defer stop()
	select {
	case <-due:
	case <-t.bell:
	case <-ctx.Done():
	}
}
