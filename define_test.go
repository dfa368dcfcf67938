package pawl_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
)

func TestMistakesAreErrorsOfDefine(t *testing.T) {
	t.Parallel()
	type typed struct {
		note
		When    time.Time `json:"when"`
		private int
	}
	_ = typed{}.private
	do := func(context.Context, *typed) error { return nil }
	ok := func(name string) pawl.Step[typed] { return pawl.Execute(name, do) }
	take := func(context.Context, *typed, string) (bool, error) { return true, nil }
	poll := func(context.Context, *typed) (bool, error) { return true, nil }
	listen := func(to pawl.Subscription) pawl.Step[typed] { return pawl.Listen("l", to, take) }
	for want, steps := range map[string][]pawl.Step[typed]{
		"it has no steps": {},
		"step 1 of it was not made by any function":           {{}},
		`step "": the name of a step is empty`:                {ok("")},
		`step "a/b": the name of a step can't have +, ^ or /`: {ok("a/b")},
		`step "on failure": the name of a step can't be`:      {ok("on failure")},
		"step g/x: there are two steps of that name here":     {pawl.Sequence("g", ok("x"), ok("x"))},
		"step g: it has no steps":                             {pawl.Sequence[typed]("g")},
		"step d: it has no steps":                             {pawl.Decide("d", func(context.Context, *typed) (string, error) { return "", nil })},
		"step d: its function is nil":                         {pawl.Decide[typed, string]("d", nil, ok("x"))},
		"step y: it has no steps":                             {pawl.Dynamic[typed]("y")},
		"step x: its function is nil":                         {pawl.Execute[typed]("x", nil)},
		"step c: it has no topic to send to":                  {pawl.Command("c", "", func(context.Context, *typed) ([]pawl.Record, error) { return nil, nil })},
		"step l: it has no topic to listen to":                {listen(pawl.Subscription{})},
		`step l: there is no parameter "ids": pawl_test.typed has no field that is "ids" in JSON; did you mean "id"?`: {listen(news.By("ids"))},
		`step l: there is no parameter "private"`:                            {listen(news.By("private"))},
		`step l: there is no parameter "id.x": string has no fields`:         {listen(news.By("id.x"))},
		`step l: "a..b" is no name of a parameter`:                           {listen(news.By("a..b"))},
		`step l: By names parameter "id" twice`:                              {listen(news.By("id", "id"))},
		"step l: it takes messages in a way that there is not":               {listen(news.By("id").Late(7))},
		"step l: it takes messages in a way that there":                      {listen(news.By("id").Early(7))},
		"step t: it has no time to wait for":                                 {pawl.Timer("t", pawl.When{}, do)},
		"step t: In must be above zero, not -1s":                             {pawl.Timer("t", pawl.In(-time.Second), do)},
		`step t: parameter "words" is no time: it is of type []string`:       {pawl.Timer("t", pawl.At("words"), do)},
		"step e: its Period must be above zero":                              {pawl.Every("e", pawl.Interval{}, poll)},
		"step e: it has a Period and a PeriodParam":                          {pawl.Every("e", pawl.Interval{Period: 1, PeriodParam: "every"}, poll)},
		`step e: there is no parameter "evry"`:                               {pawl.Every("e", pawl.Interval{PeriodParam: "evry"}, poll)},
		"step e: it has Until and a deadline: give one":                      {pawl.Every("e", pawl.Interval{Period: 1, Until: pawl.In(1)}, poll).Deadline(pawl.In(1), pawl.Fail)},
		"step x: Retry must allow one try at least":                          {ok("x").Retry(0, time.Second)},
		"step x: Retry can't wait for less than nothing":                     {ok("x").Retry(1, -1)},
		"step x: RetryDoubling must begin above zero and not above its most": {ok("x").RetryDoubling(1, 2, 1)},
		"step g: a group is not called, so that AtMostOnce and HoldWhenLost": {pawl.Sequence("g", ok("x")).AtMostOnce()},
		"step x: AtMostOnce and HoldWhenLost contradict each other":          {ok("x").HoldWhenLost().AtMostOnce()},
		"step x: its deadline has no time":                                   {ok("x").Deadline(pawl.When{}, pawl.Fail)},
		"step x: its deadline has no effect: give Fail, Skip or Continue":    {ok("x").Deadline(pawl.In(1), 0)},
		"step x: its deadline has no effect: Continue needs OnDeadline":      {ok("x").Deadline(pawl.In(1), pawl.Continue)},
		"step x: has two deadlines":                                          {ok("x").Deadline(pawl.In(1), pawl.Fail).Deadline(pawl.In(2), pawl.Fail)},
		"step x: OnDeadline needs a Deadline":                                {ok("x").OnDeadline(ok("y"))},
		"step x: has OnStop twice":                                           {ok("x").OnStop(ok("y")).OnStop(ok("z"))},
		"step x/on stop: step 1 of it was not made":                          {ok("x").OnStop(pawl.Step[typed]{})},
		`step "on stop": the name of a step can't be`:                        {ok("on stop")},
		"step y: it is over in a way that there is not":                      {pawl.DynamicParallel("y", 9, ok("x"))},
		"step x: has OnFailure twice":                                        {ok("x").OnFailure(ok("y")).OnFailure(ok("z"))},
		"step x: has OnSuccess twice":                                        {ok("x").OnSuccess(ok("y")).OnSuccess(ok("z"))},
		"step x/on success: step 1 of it was not made":                       {ok("x").OnSuccess(pawl.Step[typed]{})},
		"step x/on failure: step 1 of it was not made":                       {ok("x").OnFailure(pawl.Step[typed]{})},
		"step x/on failure/g: it has no steps":                               {ok("x").OnFailure(pawl.Sequence[typed]("g"))},
		"step p: it is over in a way that there is not":                      {pawl.Parallel("p", 9, ok("x"))},
	} {
		_, err := pawl.Define("p", "1", steps...)
		if err == nil || !strings.HasPrefix(err.Error(), "process p: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	good := []pawl.Step[typed]{listen(news.By("id", "bag.x")), pawl.Timer("t", pawl.At("when"), do)}
	if _, err := pawl.Define("p", "1", good...); err != nil {
		t.Error(err)
	}
	for want, of := range map[string]func() error{
		"the name of a process is empty": func() error { _, err := pawl.Define("", "1", ok("x")); return err },
		"a process needs a version":      func() error { _, err := pawl.Define("p", "", ok("x")); return err },
		"its parameters are int":         func() error { _, err := pawl.Define("p", "1", pawl.Sequence[int]("x")); return err },
		"its parameters are map[int]int": func() error { _, err := pawl.Define("p", "1", pawl.Sequence[map[int]int]("x")); return err },
	} {
		if err := of(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := pawl.Define("p", "1", pawl.Sequence[note]("one"), pawl.Sequence[note]("two"))
	if want := "process p: step one: it has no steps\nstep two: it has no steps"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A step that stands in two processes, or is changed twice, is none the worse.
func TestStepsAreValues(t *testing.T) {
	t.Parallel()
	x := say("x")
	_, _ = x.Retry(0, 0), x.Deadline(pawl.In(1), 0).Deadline(pawl.In(1), 0)
	if _, err := pawl.Define("p", "1", x, pawl.Sequence("g", x)); err != nil {
		t.Error(err)
	}
	to := news.By("id")
	_ = to.Late(9)
	if _, err := pawl.Define("p", "1", hear("l", to)); err != nil {
		t.Error(err)
	}
}

func TestMustPanicsOnAMistake(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("it does not")
		}
	}()
	pawl.Must(pawl.Define[note]("p", "1"))
}
