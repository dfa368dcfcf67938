package updates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
	"github.com/pawlhq/pawl/internal/workflow"
)

var at = model.InstantOf(time.Date(2026, 3, 1, 12, 0, 0, 500_000_000, time.UTC))

func subject() updates.Subject {
	s := updates.Subject{Project: "shop", Revision: "r1", Key: "session-1"}
	s.ID, s.Index = 17, 1
	s.Session = store.Session{UUID: "uuid", Key: "2026-03-01", Workflow: "order", Time: at}
	return s
}

// tell returns the records of one event.
func tell(o updates.Options, s updates.Subject, row engine.AttemptRow, e engine.Event) []engine.Record {
	e.Attempt, e.At = 17, at
	return o.Teller(s)(nil, &row, &e)
}

var all = updates.Options{Topics: []string{"runs"}, Tasks: true}

func TestAnUpdateSaysWhatHasHappened(t *testing.T) {
	t.Parallel()
	failed := params.Of("error", params.Of("message", "no"))
	for want, tt := range map[string]struct {
		row engine.AttemptRow
		e   engine.Event
	}{
		`"attempt_started" "running"`:                                     {engine.AttemptRow{State: engine.AttemptFailed}, engine.Event{Kind: engine.AttemptStarted}},
		`"attempt_ended" "error"`:                                         {engine.AttemptRow{State: engine.AttemptFailed}, engine.Event{Kind: engine.AttemptEnded, State: model.Failed}},
		`"task_opened" "open" "+order" 0`:                                 {e: engine.Event{Kind: engine.TaskOpened, Name: "+order", State: model.Open}},
		`"task_started" "running" "+order+pay" 2`:                         {e: engine.Event{Kind: engine.TaskStarted, Name: "+order+pay", Try: 2, State: model.Running}},
		`"task_waits" "waiting" "+order+pay" 1 {"reason":"for a signal"}`: {e: engine.Event{Kind: engine.TaskWaits, Name: "+order+pay", Try: 1, State: model.Waiting, Data: params.Of("reason", "for a signal")}},
		`"task_retries" "waiting" "+order+pay" 1 {"retry":1,"error":{"message":"no"}}`: {e: engine.Event{
			Kind: engine.TaskRetries, Name: "+order+pay", Try: 1, State: model.Waiting, Data: params.Of("retry", int64(1)).Merge(failed)}},
		`"task_ended" "failed" "+order+pay" 1 {"error":{"message":"no"}}`: {e: engine.Event{Kind: engine.TaskEnded, Name: "+order+pay", Try: 1, State: model.Failed, Data: failed}},
	} {
		tt.e.Seq = 9
		records := tell(all, subject(), tt.row, tt.e)
		if len(records) != 1 {
			t.Errorf("%s: %d records", want, len(records))
			continue
		}
		r := records[0]
		of := r.Value.(params.Map)
		got := short(of, "event", "state", "task", "try")
		rest := of
		for _, key := range []string{
			"update", "time", "event", "project", "workflow", "revision", "session", "sessionUuid", "sessionTime",
			"attempt", "attemptIndex", "task", "state", "try",
		} {
			rest = rest.Delete(key)
		}
		if rest.Len() > 0 {
			got += " " + string(params.AppendJSON(nil, rest))
		}
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		const common = `9 "2026-03-01T12:00:00.5Z" "shop" "order" "r1" "2026-03-01" "uuid" "2026-03-01T12:00:00.5Z" "17" 1`
		if got := short(of, "update", "time", "project", "workflow", "revision", "session", "sessionUuid", "sessionTime", "attempt", "attemptIndex"); got != common {
			t.Errorf("%s: it says %s", want, got)
		}
		r.Value = nil
		wantRecord := engine.Record{
			Attempt: 17, Task: model.NoTask, Index: 9, Topic: "runs", Key: "session-1", At: at,
			Headers: params.Of("pawl-project", "shop", "pawl-workflow", "order", "pawl-attempt", "17", "pawl-update", "9"),
		}
		if diff := cmp.Diff(wantRecord, r, cmp.Comparer(params.Map.Equal)); diff != "" {
			t.Errorf("%s:\n%s", want, diff)
		}
	}
}

// short writes values of a map, without those that are not there.
func short(m params.Map, keys ...string) string {
	var texts []string
	for _, key := range keys {
		if v, ok := m.Get(key); ok {
			texts = append(texts, string(params.AppendJSON(nil, v)))
		}
	}
	return strings.Join(texts, " ")
}

func TestOnlyWhatIsAskedForIsTold(t *testing.T) {
	t.Parallel()
	attempts := updates.Options{Topics: []string{"runs"}}
	if got := tell(attempts, subject(), engine.AttemptRow{}, engine.Event{Kind: engine.TaskEnded}); got != nil {
		t.Errorf("a task was told of: %v", got)
	}
	if got := tell(attempts, subject(), engine.AttemptRow{}, engine.Event{Kind: engine.AttemptEnded}); len(got) != 1 {
		t.Errorf("the end of an attempt was not told of")
	}
	for kind := engine.AttemptStarted; kind <= engine.SignalReturned; kind++ {
		got := tell(all, subject(), engine.AttemptRow{}, engine.Event{Kind: kind, Seq: 1})
		name := kind.String()
		if want := strings.HasPrefix(name, "attempt_") || name == "task_opened" || name == "task_started" || name == "task_ended" || name == "task_waits" || name == "task_retries"; want != (len(got) == 1) {
			t.Errorf("%s: %d records", name, len(got))
		}
	}
	if (updates.Options{}).Teller(subject()) != nil {
		t.Error("somebody is told without a topic")
	}
	others := all
	others.Projects = []string{"bakery"}
	if others.Teller(subject()) != nil {
		t.Error("a project that nobody asked for is told of")
	}
	others.Projects = append(others.Projects, "shop")
	if others.Teller(subject()) == nil {
		t.Error("a project that was asked for is not told of")
	}
}

func TestEachTopicGetsARecordOfItsOwn(t *testing.T) {
	t.Parallel()
	o := all
	o.Topics = []string{"runs", "audit"}
	got := tell(o, subject(), engine.AttemptRow{}, engine.Event{Kind: engine.AttemptStarted, Seq: 1})
	if len(got) != 2 || got[0].Topic != "runs" || got[1].Topic != "audit" || got[0].Try == got[1].Try {
		t.Errorf("got %+v", got)
	}
	first, second := store.Outgoing{Record: got[0]}, store.Outgoing{Record: got[1]}
	if a, b := first.Name("pawl"), second.Name("pawl"); a != "pawl/17/update/1" || a != b {
		t.Errorf("they are named %s and %s", a, b)
	}
}

func TestParametersAreToldWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	o := all
	o.Params = true
	e := engine.Event{Kind: engine.AttemptEnded}
	row := engine.AttemptRow{Params: params.Of("a", int64(1), "b", int64(1)), Edits: params.Of("b", int64(2))}
	s := subject()
	of := func(o updates.Options, row engine.AttemptRow) string {
		return short(tell(o, s, row, e)[0].Value.(params.Map), "params", "paramsLeftOut")
	}
	if got := of(o, row); got != `{"a":1,"b":2}` {
		t.Errorf("got %s", got)
	}
	if got := of(all, row); got != "" {
		t.Errorf("nobody asked for %s", got)
	}
	s.Scope, row.Shared = workflow.Shared, params.Of("b", int64(3))
	if got := of(o, row); got != `{"a":1,"b":3}` {
		t.Errorf("before it begins: got %s", got)
	}
	row.Started, row.Shared = 1, params.Of("c", int64(3))
	if got := of(o, row); got != `{"c":3}` {
		t.Errorf("got %s", got)
	}
	row.Shared = params.Of("c", strings.Repeat("x", 1<<20))
	if got := of(o, row); got != "true" {
		t.Errorf("got %.100s", got)
	}
}

func TestAnErrorOfAnyLengthFits(t *testing.T) {
	t.Parallel()
	long := params.Of("message", strings.Repeat("é", 1<<20), "stacktrace", "x")
	got := tell(all, subject(), engine.AttemptRow{}, engine.Event{Kind: engine.TaskEnded, Data: params.Of("error", long)})
	of, err := got[0].Value.(params.Map).MapAt("error")
	message, _ := of.StringOr("message", "")
	if err != nil || !of.Has("cut") || of.Has("stacktrace") || len(message) > 10_000 || strings.Trim(message, "é") != "" || message == "" {
		t.Errorf("got %.100v, %v", of, err)
	}
}

func TestPathsAndVersionsOfProcesses(t *testing.T) {
	t.Parallel()
	s := subject()
	s.Revision, s.Version, s.Name, s.Session.Time = "", "2", "again", 0
	s.Path = func(task string) string { return strings.TrimPrefix(task, "+order+") }
	of := tell(all, s, engine.AttemptRow{}, engine.Event{Kind: engine.TaskStarted, Name: "+order+pay"})[0].Value.(params.Map)
	if got := short(of, "revision", "version", "attemptName", "sessionTime", "task"); got != `"2" "again" "pay"` {
		t.Errorf("got %s", got)
	}
}

// Nothing is told by one call that is not told by another, and what was there
// stays.
func TestTellersAppend(t *testing.T) {
	t.Parallel()
	tells := all.Teller(subject())
	e := engine.Event{Attempt: 17, Seq: 1, Kind: engine.AttemptStarted}
	two := tells(tells([]engine.Record{{Topic: "other"}}, &engine.AttemptRow{}, &e), &engine.AttemptRow{}, &e)
	if len(two) != 3 || two[0].Topic != "other" || !two[1].Value.(params.Map).Equal(two[2].Value.(params.Map)) {
		t.Errorf("got %+v", two)
	}
}
