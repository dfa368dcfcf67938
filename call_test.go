package pawl_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

type parent struct {
	ID     string `json:"id"`
	Parcel string `json:"parcel"`
	Note   string `json:"note"`
}

type child struct {
	Order  string `json:"order"`
	Parcel string `json:"parcel"`
}

var shipments pawl.Topic = "shipments"

// shipping waits for a parcel, and fails without one.
func shipping() *pawl.Process[child] {
	return pawl.Must(pawl.Define("shipping", "1",
		pawl.Listen("shipped", shipments.By("order"), func(_ context.Context, c *child, number string) (bool, error) {
			if number == "" {
				return false, errors.New("no parcel")
			}
			c.Parcel = number
			return true, nil
		}),
	))
}

// ship is a step that has an order shipped.
func ship(by *pawl.Process[child]) pawl.Step[parent] {
	return pawl.Call("ship", by,
		func(_ context.Context, p *parent) (child, error) { return child{Order: p.ID}, nil },
		func(_ context.Context, p *parent, c child) error { p.Parcel = c.Parcel; return nil },
	)
}

func order(t *testing.T, steps ...pawl.Step[parent]) *pawl.Process[parent] {
	t.Helper()
	p, err := pawl.Define("orders", "1", steps...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func begin(t *testing.T, e *pawltest.Engine, of *pawl.Process[parent], id string) *pawl.Run[parent] {
	t.Helper()
	r, err := of.Start(t.Context(), e.Engine, id, parent{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func parcel(e *pawltest.Engine, id, number string) {
	e.Deliver(pawl.Message{Topic: shipments, Keys: map[string]any{"order": id}, Body: number})
}

// stateIs checks where a run stands.
func stateIs[P any](t *testing.T, r *pawl.Run[P], want string) {
	t.Helper()
	if got, err := r.State(t.Context()); string(got) != want || err != nil {
		t.Errorf("run %q is %s, %v, want %s", r.Key(), got, err, want)
	}
}

func TestACallWaitsForItsRunAndGetsItsResult(t *testing.T) {
	t.Parallel()
	by := shipping()
	p := order(t, pawl.Sequence("delivery", ship(by)))
	e := pawltest.New(t, p, by)
	begin(t, e, p, "o/1")
	called := by.Run(e.Engine, "orders/o%2F1/delivery/ship")
	stateIs(t, called, "running")
	e.Advance(30 * 24 * time.Hour)
	e.Restart(p, by)
	r, called := p.Run(e.Engine, "o/1"), by.Run(e.Engine, called.Key())
	stateIs(t, r, "running")
	parcel(e, "o/1", "P-7")
	stateIs(t, called, "success")
	stateIs(t, r, "success")
	if o, _ := r.Params(t.Context()); o.Parcel != "P-7" {
		t.Errorf("got %+v", o)
	}
	if got := e.Ran("shipping", called.Key()); !slices.Equal(got, []string{"shipped"}) {
		t.Errorf("what was called ran %q", got)
	}
}

func TestACallFailsWithItsRunAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	by := shipping()
	p := order(t, ship(by).Retry(1, time.Hour))
	e := pawltest.New(t, p, by)
	r := begin(t, e, p, "o-1")
	called := by.Run(e.Engine, "orders/o-1/ship")
	parcel(e, "o-1", "")
	stateIs(t, called, "error")
	stateIs(t, r, "running")
	e.Advance(time.Hour)
	stateIs(t, called, "running")
	parcel(e, "o-1", "")
	var failed *pawl.FailedError
	if err := r.Wait(t.Context()); !errors.As(err, &failed) || failed.Step != "ship" ||
		failed.Reason != `run "orders/o-1/ship" of shipping did not end well: +shipping+shipped failed: no parcel` {
		t.Errorf("got %v", err)
	}
	if err := r.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	stateIs(t, called, "running")
	parcel(e, "o-1", "P-8")
	stateIs(t, r, "success")
}

// Whatever ends a step ends what it has called, unless that is to be left.
func TestWhatIsCalledEndsWithTheStep(t *testing.T) {
	t.Parallel()
	by := shipping()
	late := pawl.In(time.Hour)
	for name, tt := range map[string]struct {
		step      pawl.Step[parent]
		end       func(t *testing.T, e *pawltest.Engine, r *pawl.Run[parent])
		run, call string
	}{
		"stopped":          {ship(by), stop, "killed", "killed"},
		"stopped, left":    {ship(by).Leave(), stop, "killed", "running"},
		"late":             {ship(by).Deadline(late, pawl.Fail), pass, "error", "killed"},
		"late, to be left": {ship(by).Deadline(late, pawl.Skip).Leave(), pass, "success", "running"},
		"skipped":          {ship(by).Deadline(late, pawl.Skip), pass, "success", "killed"},
		"lost": {pawl.Parallel("first", pawl.Any, ship(by), pawl.Timer("t", late, func(context.Context, *parent) error { return nil })),
			pass, "success", "killed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := order(t, tt.step)
			e := pawltest.New(t, p, by)
			r := begin(t, e, p, "o-1")
			path := "ship"
			if name == "lost" {
				path = "first/ship"
			}
			called := by.Run(e.Engine, "orders/o-1/"+path)
			stateIs(t, called, "running")
			tt.end(t, e, r)
			stateIs(t, r, tt.run)
			stateIs(t, called, tt.call)
		})
	}
}

func stop(t *testing.T, _ *pawltest.Engine, r *pawl.Run[parent]) {
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func pass(_ *testing.T, e *pawltest.Engine, _ *pawl.Run[parent]) { e.Advance(time.Hour) }

// A run that was there before is waited for; one that was left and has ended well
// is not run again.
func TestACallTakesWhatIsThere(t *testing.T) {
	t.Parallel()
	by := shipping()
	p := order(t, ship(by).Leave())
	e := pawltest.New(t, p, by)
	r := begin(t, e, p, "o-1")
	stop(t, e, r)
	if err := r.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	stateIs(t, r, "running")
	parcel(e, "o-1", "P-7")
	stateIs(t, r, "success")

	r = begin(t, e, p, "o-2")
	stop(t, e, r)
	parcel(e, "o-2", "P-8")
	if err := r.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	stateIs(t, r, "success")
	for key, want := range map[string]int{"orders/o-1/ship": 1, "orders/o-2/ship": 1} {
		if got := e.Ran("shipping", key); len(got) != want {
			t.Errorf("run %q ran %q", key, got)
		}
	}
}

// Whoever waits for a run hears of its end at once, whoever has started it: one that has
// failed is run once more.
func TestTheEndOfARunOfAnotherIsHeardOfAtOnce(t *testing.T) {
	t.Parallel()
	by := shipping()
	p := order(t, ship(by))
	e := pawltest.New(t, p, by)
	for _, tt := range []struct {
		id   string
		ends []string
	}{{"o-1", []string{"P-7"}}, {"o-2", []string{"", "P-8"}}} {
		others, err := by.Start(t.Context(), e.Engine, "orders/"+tt.id+"/ship", child{Order: tt.id})
		if err != nil {
			t.Fatal(err)
		}
		r := begin(t, e, p, tt.id)
		e.Advance(30 * 24 * time.Hour)
		e.Restart(p, by)
		r, others = p.Run(e.Engine, r.Key()), by.Run(e.Engine, others.Key())
		for _, number := range tt.ends {
			stateIs(t, r, "running")
			parcel(e, tt.id, number)
		}
		stateIs(t, others, "success")
		stateIs(t, r, "success")
	}
}

func TestARunOfAnotherIsNotStoppedWithTheStep(t *testing.T) {
	t.Parallel()
	by := shipping()
	p := order(t, ship(by))
	e := pawltest.New(t, p, by)
	others, err := by.Start(t.Context(), e.Engine, "orders/o-1/ship", child{Order: "o-1"})
	if err != nil {
		t.Fatal(err)
	}
	r := begin(t, e, p, "o-1")
	stop(t, e, r)
	stateIs(t, r, "killed")
	stateIs(t, others, "running")
}

// A run that somebody else has started stays until the one that follows it has ended.
func TestARunThatIsFollowedStays(t *testing.T) {
	t.Parallel()
	by := shipping()
	p := order(t, ship(by), pawl.Listen("paid", shipments.By("parcel"), func(context.Context, *parent, string) (bool, error) { return true, nil }))
	e := pawltest.NewWith(t, pawl.Config{KeepRuns: time.Hour}, p, by)
	others, err := by.Start(t.Context(), e.Engine, "orders/o-1/ship", child{Order: "o-1"})
	if err != nil {
		t.Fatal(err)
	}
	r := begin(t, e, p, "o-1")
	parcel(e, "o-1", "P-7")
	stateIs(t, others, "success")
	e.Advance(24 * time.Hour)
	stateIs(t, others, "success")
	if err := others.Delete(t.Context()); !errors.Is(err, pawl.ErrConflict) {
		t.Errorf("it is deleted: %v", err)
	}
	e.Deliver(pawl.Message{Topic: shipments, Keys: map[string]any{"parcel": "P-7"}, Body: ""})
	stateIs(t, r, "success")
	e.Advance(time.Minute)
	if _, err := others.State(t.Context()); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("it is kept: %v", err)
	}
}

func TestManyCallsStandSideBySide(t *testing.T) {
	t.Parallel()
	by := pawl.Must(pawl.Define("shipping", "1", pawl.Execute("x", func(ctx context.Context, c *child) error {
		c.Parcel = "of " + pawl.Key(ctx)
		return nil
	})))
	var steps []pawl.Step[parent]
	for i := range 20 {
		steps = append(steps, pawl.Call(fmt.Sprint("s", i), by,
			func(context.Context, *parent) (child, error) { return child{}, nil },
			func(_ context.Context, p *parent, c child) error { p.Parcel = c.Parcel; return nil }))
	}
	p := order(t, pawl.Parallel("all", pawl.All, steps...))
	e := pawltest.New(t, p, by)
	r := begin(t, e, p, "o-1")
	stateIs(t, r, "success")
	if got := e.Ran("shipping", "orders/o-1/all/s19"); len(got) != 1 {
		t.Errorf("ran %q", got)
	}
}

func TestFunctionsOfACallMayFail(t *testing.T) {
	t.Parallel()
	by := pawl.Must(pawl.Define("shipping", "1", pawl.Execute("x", func(context.Context, *child) error { return nil })))
	no := func(context.Context, *parent) (child, error) { return child{}, errors.New("no address") }
	yes := func(context.Context, *parent) (child, error) { return child{}, nil }
	for want, step := range map[string]pawl.Step[parent]{
		"no address": pawl.Call("ship", by, no, nil),
		"no parcel":  pawl.Call("ship", by, yes, func(context.Context, *parent, child) error { return errors.New("no parcel") }),
		"":           pawl.Call("ship", by, yes, nil),
	} {
		p := order(t, step)
		e := pawltest.New(t, p, by)
		err := begin(t, e, p, "o-1").Wait(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestMistakesInACall(t *testing.T) {
	t.Parallel()
	by := shipping()
	for want, step := range map[string]pawl.Step[parent]{
		"step ship: it has no process to call":          pawl.Call[parent, child]("ship", nil, func(context.Context, *parent) (child, error) { return child{}, nil }, nil),
		"step ship: its function is nil":                pawl.Call[parent]("ship", by, nil, nil),
		"step ship: only a Call has something to Leave": pawl.Execute("ship", func(context.Context, *parent) error { return nil }).Leave(),
	} {
		if _, err := pawl.Define("p", "1", step); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := pawl.Open(t.Context(), pawl.Config{Project: "p"}, order(t, ship(by)))
	if err == nil || err.Error() != "open pawl: process orders calls process shipping, which is not given" {
		t.Errorf("got %v", err)
	}
}
