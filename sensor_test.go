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

type upload struct {
	File string `json:"file"`
}

// uploads is a process that notes the files that it is run for.
func uploads(done *[]string) *pawl.Process[upload] {
	return pawl.Must(pawl.Define("upload", "1", pawl.Execute("load", func(ctx context.Context, u *upload) error {
		*done = append(*done, pawl.Key(ctx)+" "+u.File)
		return nil
	})))
}

func TestASensorStartsARunForEachNewKey(t *testing.T) {
	t.Parallel()
	var done, seen []string
	files := []string{"a"}
	of := uploads(&done).Sensed(pawl.Sensor[upload]{Every: 10 * time.Second, Look: func(_ context.Context, s pawl.Seen) (found pawl.Sighting[upload], err error) {
		last := "never"
		if !s.LastLook.IsZero() {
			last = s.LastLook.Format(time.TimeOnly)
		}
		seen = append(seen, fmt.Sprintf("%q %q %s", s.Cursor, s.LastKey, last))
		for _, f := range files {
			found.Runs = append(found.Runs, pawl.Wanted[upload]{Key: f, With: upload{File: f + ".csv"}, Tags: pawl.Tags{"kind": "file"}})
		}
		found.Cursor = files[len(files)-1]
		return found, nil
	}})
	e := pawltest.New(t, of)
	files = append(files, "b")
	e.Advance(10 * time.Second)
	e.Restart(of)
	e.Advance(10 * time.Second)
	if want := []string{"sensor:a a.csv", "sensor:b b.csv"}; !slices.Equal(done, want) {
		t.Errorf("ran %q, want %q", done, want)
	}
	want := []string{`"" "" never`, `"a" "a" 00:00:00`, `"b" "b" 00:00:10`}
	if len(seen) < 3 || !slices.Equal(seen[:3], want) {
		t.Errorf("saw %q, want %q", seen, want)
	}
}

func TestASensorThatFailsIsAskedAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	var done []string
	looks := 0
	e := pawltest.New(t, uploads(&done).Sensed(pawl.Sensor[upload]{Every: time.Minute, Look: func(context.Context, pawl.Seen) (pawl.Sighting[upload], error) {
		switch looks++; looks {
		case 1:
			return pawl.Sighting[upload]{}, errors.New("the folder is away")
		case 2:
			panic("no folder")
		}
		return pawl.Sighting[upload]{Runs: []pawl.Wanted[upload]{{With: upload{File: "x"}}}}, nil
	}}))
	for _, step := range []struct {
		after time.Duration
		looks int
	}{{0, 1}, {119 * time.Second, 1}, {time.Second, 2}, {239 * time.Second, 2}, {time.Second, 3}, {time.Minute, 4}} {
		e.Advance(step.after)
		if looks != step.looks {
			t.Fatalf("after %s more it was looked %d times, want %d", step.after, looks, step.looks)
		}
	}
	if len(done) != 2 { // without keys, each is a run
		t.Errorf("ran %q", done)
	}
}

func TestWhatIsWrongWithASensorIsAnErrorOfOpen(t *testing.T) {
	t.Parallel()
	var done []string
	look := func(context.Context, pawl.Seen) (pawl.Sighting[upload], error) { return pawl.Sighting[upload]{}, nil }
	for want, s := range map[string]pawl.Sensor[upload]{
		"it has no Look":                     {},
		"its Every is to be whole seconds":   {Look: look, Every: time.Millisecond},
		"its Timeout is to be whole seconds": {Look: look, Timeout: -time.Second},
		"from a second to an hour":           {Look: look, Timeout: 2 * time.Hour},
	} {
		_, err := pawl.Open(t.Context(), pawl.Config{Project: "p"}, uploads(&done).Sensed(s))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "sensor of process upload") {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
