package calls_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
)

func TestNamesTellWhoHasCalled(t *testing.T) {
	t.Parallel()
	id := calls.ID{Attempt: 12, Task: 3, Retries: 1}
	if got, ok := calls.Of(id.Name()); !ok || got != id || id.Name() != "^12.3.1" {
		t.Errorf("%q is of %+v", id.Name(), got)
	}
	for _, name := range []string{"", "run 2", "^", "^12.3", "^12.3.1x", "^ 12.3.1", "^012.3.1", "12.3.1"} {
		if id, ok := calls.Of(name); ok || id != (calls.ID{}) {
			t.Errorf("%q was called by %+v", name, id)
		}
	}
}

func TestAnEndIsToldToTheTaskThatListens(t *testing.T) {
	t.Parallel()
	id := calls.ID{Attempt: 12, Task: 3}
	row := &engine.AttemptRow{ID: 40, State: engine.AttemptFailed, Ended: 7}
	told, ok := calls.Ended(id.Name(), row, nil)
	if !ok {
		t.Fatal("nobody is told")
	}
	again := calls.ID{Attempt: 12, Task: 3, Retries: 5}
	key, share := again.Key(), told.Message.Share
	if told.Message.Topic != key.Topic || len(share.Keys) != 1 || share.Keys[0].Param != key.Param || share.Keys[0].Value != key.Value {
		t.Errorf("told %+v, and the task listens to %+v", told.Message, key)
	}
	if !share.Whole || share.Early != (engine.Early{}) || told.At != 7 || told.Attempt != 40 || told.Reason != "" {
		t.Errorf("told %+v", told)
	}
	row.State = engine.AttemptRunning
	if _, ok := calls.Ended(id.Name(), row, nil); ok {
		t.Error("one that runs is told to have ended")
	}
	row.State = engine.AttemptSuccess
	if _, ok := calls.Ended("", row, nil); ok {
		t.Error("one that nobody has called is told of")
	}
}

func TestWhoFollowsIsKnown(t *testing.T) {
	t.Parallel()
	if by := calls.Following((calls.ID{Attempt: 12, Task: 3}).Follow().By); by != 12 {
		t.Errorf("it is followed by %d", by)
	}
	for _, who := range []string{"", "12.3", `"12"`, `"x.3"`} {
		if by := calls.Following(who); by != 0 {
			t.Errorf("%s is %d", who, by)
		}
	}
}

func TestATaskKeepsWhatItHasCalled(t *testing.T) {
	t.Parallel()
	for _, c := range []calls.Called{{Project: 2, Workflow: "w", Key: "k"}, {Project: 2, Workflow: "w", Key: "k", Leave: true}, {Project: 2, Workflow: "w", Key: "k", Begun: true}, {Project: 2, Workflow: "w", Key: "k", Follows: 7}} {
		if got, ok := calls.CalledIn(c.State()); !ok || got != c {
			t.Errorf("kept %+v, %v of %+v", got, ok, c)
		}
	}
	for _, state := range []params.Map{{}, params.Of("called", 1), params.Of("called", params.Map{}), calls.Called{Project: 1}.State()} {
		if got, ok := calls.CalledIn(state); ok {
			t.Errorf("%v has called %+v", state, got)
		}
	}
}
