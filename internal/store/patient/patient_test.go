package patient_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/patient"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

func TestItIsTheStoreBelow(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Subject {
		var late late
		return storetest.Subject{
			Store: patient.New(memory.NewWith(&late), clock.System{}),
			Pass:  func(d time.Duration) { late.by.Add(int64(d)) },
		}
	})
}

// late is a clock that shows a later time than it is.
type late struct {
	clock.System
	by atomic.Int64
}

func (l *late) Now() time.Time { return l.System.Now().Add(time.Duration(l.by.Load())) }

// failing is a store whose reads and starts fail so often.
type failing struct {
	store.Store
	err   error
	times int
	asked int
}

func (f *failing) fails() error {
	if f.asked++; f.asked <= f.times {
		return f.err
	}
	return nil
}

func (f *failing) Project(context.Context, model.ProjectID) (store.Project, error) {
	return store.Project{Name: "p"}, f.fails()
}

// StartAttempt makes it the first time, whatever it says.
func (f *failing) StartAttempt(context.Context, store.Start) (store.Attempt, bool, error) {
	err := f.fails()
	return store.Attempt{Index: 1}, f.asked == 1, err
}

var errGone = model.Errorf(model.Unavailable, "the database can't be reached")

func TestATryWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		below := &failing{err: errGone, times: 100}
		began := time.Now()
		p, err := patient.New(below, clock.System{}).Project(t.Context(), 1)
		if err != nil || p.Name != "p" || below.asked != 101 {
			t.Errorf("%+v, %v after %d questions", p, err, below.asked)
		}
		if took := time.Since(began); took < 100*time.Second || took > 200*time.Second {
			t.Errorf("a hundred waits took %v", took)
		}
	})
}

func TestAStartWhoseAnswerWasLostFindsItsAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, made, err := patient.New(&failing{err: errGone, times: 1}, clock.System{}).StartAttempt(t.Context(), store.Start{})
		if err != nil || made || a.Index != 1 {
			t.Errorf("%+v, %v, %v", a, made, err)
		}
	})
}

func TestNobodyWaitsForWhatStays(t *testing.T) {
	t.Parallel()
	refused := model.Errorf(model.NotFound, "there is no project 1")
	below := &failing{err: refused, times: 1}
	if _, err := patient.New(below, clock.System{}).Project(t.Context(), 1); !errors.Is(err, refused) || below.asked != 1 {
		t.Errorf("error %v after %d questions", err, below.asked)
	}
}

func TestATryThatIsToEndWaitsNoLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, err := patient.New(&failing{err: errGone, times: 1 << 20}, clock.System{}).Project(ctx, 1)
		if !errors.Is(err, errGone) || time.Since(began) != time.Minute {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
	})
}
