package pulse_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/pulse"
	"github.com/pawlhq/pawl/internal/store/memory"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestWhoIsNotHeardOfIsLateAndThenDead(t *testing.T) {
	t.Parallel()
	p := pulse.Process{Started: began, Seen: began.Add(time.Hour), Loops: []pulse.Loop{
		{Name: "quick", Turned: began.Add(time.Hour - 10*time.Second), Within: 30},
		{Name: "slow", Turned: began.Add(time.Hour - 40*time.Second), Within: 30},
		{Name: "gone", Turned: began.Add(time.Hour - 100*time.Second), Within: 30, Failing: true},
		{Name: "never", Within: 30},
		{Name: "free"},
	}}
	for silence, want := range map[time.Duration][]pulse.State{
		10 * time.Second: {pulse.Live, pulse.Live, pulse.Late, pulse.Dead, pulse.Dead, pulse.Live},
		31 * time.Second: {pulse.Late, pulse.Late, pulse.Late, pulse.Late, pulse.Late, pulse.Late},
		91 * time.Second: {pulse.Dead, pulse.Dead, pulse.Dead, pulse.Dead, pulse.Dead, pulse.Dead},
		-time.Minute:     {pulse.Live, pulse.Live, pulse.Late, pulse.Dead, pulse.Dead, pulse.Live},
	} {
		s := pulse.Judge(p, p.Seen.Add(silence))
		if diff := cmp.Diff(want, append([]pulse.State{s.State}, s.LoopStates...)); diff != "" {
			t.Errorf("after %v: %s", silence, diff)
		}
	}
	p.Loops, p.Seen = p.Loops[3:4], began.Add(20*time.Second)
	if s := pulse.Judge(p, p.Seen); s.LoopStates[0] != pulse.Live {
		t.Errorf("a loop that has just begun is %s", s.LoopStates[0])
	}
}

func TestAProcessSaysWhatItsLoopsDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		h := pulse.New(clock.System{}, pulse.Process{Name: "one", Kind: "server", PID: 7})
		loop := h.Loop("scheduler", 30*time.Second)
		var lost atomic.Bool
		h.Check("conductor", func() error {
			if lost.Load() {
				return errors.New("no lease")
			}
			return nil
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); h.Run(ctx, s, slog.New(slog.DiscardHandler)) }()
		read := func() pulse.Status {
			t.Helper()
			synctest.Wait()
			list, err := pulse.Read(t.Context(), s, time.Now())
			if err != nil || len(list) != 1 {
				t.Fatalf("%d processes, %v", len(list), err)
			}
			return list[0]
		}
		if got := read(); got.Name != "one" || got.PID != 7 || got.State != pulse.Live || len(got.Loops) != 2 || got.Loops[1].Failing || got.Loops[1].Turned.IsZero() {
			t.Errorf("at first: %+v", got)
		}
		loop.Turn(errors.New("no database"))
		loop.Turn(errors.New("no database"))
		if got := read().Loops[0]; !got.Failing || len(got.Errors) != 1 || got.Errors[0].Message != "no database" {
			t.Errorf("an error is not told at once: %+v", got)
		}
		<-time.After(11 * time.Second)
		loop.Turn(nil)
		for i := range 9 {
			loop.Turn(fmt.Errorf("error %d %s", i, strings.Repeat("x", 2000)))
		}
		loop.Turn(nil)
		<-time.After(11 * time.Second)
		got := read().Loops[0]
		if got.Failing || len(got.Errors) != 5 || !strings.HasPrefix(got.Errors[0].Message, "error 8 ") || len(got.Errors[0].Message) > 1010 {
			t.Errorf("the last errors: %+v", got)
		}
		lost.Store(true)
		<-time.After(11 * time.Second)
		if got := read().Loops[1]; !got.Failing || got.Errors[0].Message != "no lease" {
			t.Errorf("what is checked: %+v", got)
		}
		stop()
		<-ended
		if list, err := pulse.Read(t.Context(), s, time.Now()); err != nil || len(list) > 0 {
			t.Errorf("after its end: %v, %v", list, err)
		}
	})
}

func TestTheDeadAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		for _, name := range []string{"old", "new"} {
			if err := pulse.New(clock.System{}, pulse.Process{Name: name}).Beat(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			<-time.After(13 * time.Hour)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			pulse.New(clock.System{}, pulse.Process{Name: "next"}).Run(ctx, s, slog.New(slog.DiscardHandler))
		}()
		synctest.Wait()
		list, err := pulse.Read(t.Context(), s, time.Now())
		var names []string
		for _, of := range list {
			names = append(names, of.Name+" "+string(of.State))
		}
		if diff := cmp.Diff([]string{"new dead", "next live"}, names); diff != "" || err != nil {
			t.Error(diff, err)
		}
		stop()
		<-ended
	})
}

func TestNoHeartBeatsNowhere(t *testing.T) {
	t.Parallel()
	var none *pulse.Heart
	none.Loop("any", time.Second).Turn(errors.New("x"))
}
