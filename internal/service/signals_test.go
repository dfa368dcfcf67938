package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// kept returns the early messages.
func (f *fixture) kept() []store.Letter {
	f.Helper()
	list, _, err := f.store.ListLetters(f.Context(), store.LetterFilter{}, store.Page{})
	must(f.T, err)
	return list
}

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestSignalsAreKeptForThoseWhoWillWait(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	for _, tt := range []struct {
		signal service.Signal
		want   store.Outcome
	}{
		{service.Signal{ID: "a", Keep: time.Hour}, store.KeptEarly},
		{service.Signal{ID: "a", Keep: time.Hour}, store.Duplicate},
		{service.Signal{Keep: time.Hour}, store.KeptEarly},
		{service.Signal{Keep: time.Hour}, store.KeptEarly},
		{service.Signal{ID: "b"}, store.Dropped},
	} {
		tt.signal.Trace = trace
		tt.signal.Topic, tt.signal.Keys, tt.signal.Body = "t", params.Of("n", 17, "list", []any{"x", true}), params.Of("k", 1)
		done, err := f.Signal(t.Context(), tt.signal)
		if err != nil || done.Outcome != tt.want {
			t.Errorf("%+v: %v, %v, want %v", tt.signal, done.Outcome, err, tt.want)
		}
	}
	letters := f.kept()
	if len(letters) != 3 {
		t.Fatalf("%d are kept", len(letters))
	}
	want := []store.MessageKey{{Param: "list", Value: `"x"`}, {Param: "list", Value: "true"}, {Param: "n", Value: "17"}}
	if diff := cmp.Diff(want, letters[0].Keys); diff != "" || letters[0].Source != "a" {
		t.Errorf("%s: %s", letters[0].Source, diff)
	}
	if letters[0].Trace != trace {
		t.Errorf("the trace is %q", letters[0].Trace)
	}
	if letters[1].Source == letters[2].Source {
		t.Errorf("two signals without an id are both %q", letters[1].Source)
	}
	if at := model.InstantOf(noon.Add(time.Hour)); letters[0].Expires != at {
		t.Errorf("kept until %v, want %v", letters[0].Expires, at)
	}
}

func TestSignalsAreDuplicatesForAWeek(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	s := service.Signal{Topic: "t", ID: "a", Keys: params.Of("k", 1)}
	for _, tt := range []struct {
		after time.Duration
		want  store.Outcome
	}{{0, store.Dropped}, {7*24*time.Hour - time.Second, store.Duplicate}, {7*24*time.Hour + time.Second, store.Dropped}} {
		f.clock.now = noon.Add(tt.after)
		if done, err := f.Signal(t.Context(), s); err != nil || done.Outcome != tt.want {
			t.Errorf("after %v: %v, %v, want %v", tt.after, done.Outcome, err, tt.want)
		}
	}
}

func TestSignalsThatNobodyCouldWaitForAreRefused(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	for _, s := range []service.Signal{
		{Keys: params.Of("k", 1)}, {Topic: "t"}, {Topic: "t", Keys: params.Of("", 1)}, {Topic: "t", Keys: params.Of("k", nil)},
		{Topic: "t", Keys: params.Of("k", []any{})}, {Topic: "t", Keys: params.Of("k", []any{[]any{1}})},
	} {
		s.Keep = time.Hour
		if _, err := f.Signal(t.Context(), s); model.CodeOf(err) != model.Invalid {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if left := f.kept(); len(left) > 0 {
		t.Errorf("kept %v", left)
	}
}

func TestLettersThatAreSentAgainAreKept(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	_, err := f.Signal(t.Context(), service.Signal{Topic: "t", ID: "a", Keys: params.Of("k", 1), Keep: time.Hour})
	must(t, err)
	id := f.kept()[0].ID
	f.clock.now = noon.Add(2 * time.Hour)
	_, err = f.store.ExpireLetters(t.Context(), model.InstantOf(f.clock.now), 10)
	must(t, err)
	done, err := f.Resend(t.Context(), []store.LetterID{id, id + 1}, time.Minute)
	must(t, err)
	if diff := cmp.Diff([]store.Delivered{{Outcome: store.KeptEarly}, {Outcome: store.Missing}}, done); diff != "" {
		t.Error(diff)
	}
	if at := model.InstantOf(f.clock.now.Add(time.Minute)); len(f.kept()) != 1 || f.kept()[0].Expires != at {
		t.Errorf("kept %+v, want it until %v", f.kept(), at)
	}
}

func TestSignalsThatAreTooLongAreRefused(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	long := strings.Repeat("x", 5000)
	for name, s := range map[string]service.Signal{
		"topic":           {Topic: long, Keys: params.Of("n", 1)},
		"id":              {Topic: "t", ID: long, Keys: params.Of("n", 1)},
		"name of the key": {Topic: "t", Keys: params.Of(long, 1)},
		"value":           {Topic: "t", Keys: params.Of("n", long)},
		"many values":     {Topic: "t", Keys: params.Of("n", slices.Repeat([]any{1}, model.MaxKeys+1))},
	} {
		if _, err := f.Signal(t.Context(), s); model.CodeOf(err) != model.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
