package record_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/workflow"
)

// form is a binary form with its two directions, for one value.
type form struct {
	name   string
	value  any
	bytes  []byte
	decode func(b []byte) (any, error)
}

func mapForm(name string, m params.Map) form {
	return form{name, m, record.Map(m), func(b []byte) (any, error) { return record.DecodeMap(b) }}
}

func detailForm(name string, d *engine.Detail) form {
	return form{name, d, record.Detail(d), func(b []byte) (any, error) { return record.DecodeDetail(b) }}
}

// identity is what a growth's form leaves out.
var identity = engine.Growth{Attempt: 7, First: 3, Parent: 2, Kind: engine.GrowItems}

func growthForm(name string, g engine.Growth) form {
	g.Attempt, g.First, g.Parent, g.Kind = identity.Attempt, identity.First, identity.Parent, identity.Kind
	return form{name, g, record.Growth(&g), func(b []byte) (any, error) {
		g := identity
		err := record.DecodeGrowth(b, &g)
		return g, err
	}}
}

func eventsForm(name string, events []engine.Event) form {
	return form{name, events, record.Events(events), func(b []byte) (any, error) {
		return record.DecodeEvents(nil, b, 7, 0)
	}}
}

func commandForm(name string, c engine.Command) form {
	return form{name, c, record.Command(&c), func(b []byte) (any, error) { return record.DecodeCommand(b) }}
}

func stringsForm(name string, list []string) form {
	return form{name, list, record.Strings(list), func(b []byte) (any, error) { return record.DecodeStrings(b) }}
}

func dispatchForm(name string, e engine.Effect) form {
	return form{name, e, record.Dispatch(&e), func(b []byte) (any, error) { return record.DecodeDispatch(b) }}
}

func same(t rapid.TB, f form) {
	t.Helper()
	got, err := f.decode(f.bytes)
	if err != nil {
		t.Fatalf("%s: %v", f.name, err)
	}
	if diff := cmp.Diff(f.value, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(workflow.Node{})); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", f.name, diff)
	}
}

var (
	fullDetail = &engine.Detail{
		Export: params.Of("a", 1), Store: params.Of("b", nil), Reset: []string{"x.y", ""},
		Outputs: []string{"yes"}, Subtasks: params.Of("+s", params.Of("echo>", "é")),
		Error: params.Of("message", "broken"), State: params.Of("n", 1.5),
		Keys:  []engine.Key{{Topic: "t", Param: "p", Value: "v", One: true}, {}},
		Inbox: []engine.Message{{Source: "s", Topic: "t", Body: []params.Value{true, "x"}}, {}},
	}
	hearingDetail = &engine.Detail{Hearing: &engine.Hearing{Since: 1_790_000_000_000_000, Forgiven: 2, Due: 7, Kept: params.Of("n", 1)}}
	traced        = engine.Message{Source: "s", Topic: "t", Trace: "00-1"}
	shared        = engine.Message{Trace: "00-2", Share: &engine.Share{
		Keys: []engine.MessageKey{{Param: "p", Value: "v", Drop: true}, {}}, Whole: true, Early: engine.Early{Expires: 300, Most: 7},
	}}
	fullGrowth = engine.Growth{
		Export: params.Of("a", 1), Items: []params.Value{int64(1), "b", nil}, Replaces: 300,
	}
	fullCommand = engine.Command{
		Kind: engine.SkipTo, Task: 300, Try: -2,
		Result: &engine.Result{
			Export: params.Of("a", 1), Store: params.Of("b", nil), Reset: []string{"x.y"}, Outputs: []string{"yes"},
			Subtasks: params.Of("+s", params.Of("echo>", "é")), Items: []params.Value{int64(1), "b"}, Stop: true, Replayed: true,
		},
		Failure: &engine.Failure{
			Error: params.Of("message", "broken"), State: params.Of("n", 1.5),
			Retry: workflow.Retry{Limit: 3, Interval: time.Second, Exponential: true, Max: time.Minute},
		},
		Wait: &engine.Wait{
			Until: 1_790_000_000_000_000, Keys: []engine.Key{{Topic: "t", Param: "p", Value: "v", One: true}, {}},
			State: params.Of("m", 2),
		},
		Message: &engine.Message{Source: "s", Topic: "t", Body: []params.Value{true, "x"}},
		Params:  params.Of("e", "f"),
	}
	judged       = engine.Command{Kind: engine.Succeed, Task: 1, Verdict: &engine.Verdict{Skip: true, Reason: "é"}}
	reasonedWait = engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{Until: 7, Reason: "é"}}
	sent         = []engine.Record{{Topic: "t", Key: "k", Value: params.Of("a", 1), Headers: params.Of("h", "é")}, {}}
	sending      = engine.Command{Kind: engine.Succeed, Task: 1, Try: 1, Result: &engine.Result{Records: sent}}
	storingWait  = engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{Until: 7, Store: params.Of("a", 1), Reset: []string{"b"}, Postpone: true}}
	sendingWait  = engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{Until: 7, Records: sent}}
	fullDispatch = engine.Effect{
		Kind: engine.Dispatch, Task: 300, Try: 2, Retries: 1, Name: "+w+a", Scope: params.Of("a", 1), State: params.Of("b", nil),
		Message: &engine.Message{Source: "s", Topic: "t", Body: []params.Value{true, "x"}},
	}
	fullEvents = []engine.Event{
		{Attempt: 7, Seq: 5, At: 1_790_000_000_000_000, Kind: engine.AttemptStarted, Name: "+w"},
		{Attempt: 7, Seq: 6, At: 1_790_000_000_000_007, Kind: engine.TaskStarted, Task: 1, Name: "+w+load", Try: 1, State: model.Running},
		{Attempt: 7, Seq: 7, At: 1_790_000_000_000_003, Kind: engine.TaskEnded, Task: 1, Name: "+w+load", Try: 1, State: model.Failed, Data: params.Of("error", "é")},
		{Attempt: 7, Seq: 9, At: 1_790_000_000_000_009, Kind: engine.SkippedTo, Task: model.NoTask, Name: "+w+lost", Try: -1, State: model.NotReached},
	}
)

// These bytes are in databases. They are read for ever.
var written = []struct {
	form
	hex string
}{
	{mapForm("empty map", params.Map{}), ""},
	{mapForm("map", params.Of("a", 1, "b", []any{nil, "c"})), "010802016103020162070200060163"},
	{detailForm("no detail", nil), ""},
	{detailForm("empty detail", &engine.Detail{}), "0100"},
	{detailForm("full detail", fullDetail), "01ff0308010161030208010162000203782e790001037965730801022b730801056563686f3e0602c3a90801076d657373616765060662726f6b656e0801016e04000000000000f83f0201740170017601000000000201730174070202060178000000"},
	{detailForm("detail of a listener", hearingDetail), "0180048080afa2dbffad06040e0801016e0302"},
	{detailForm("messages with terms", &engine.Detail{Inbox: []engine.Message{traced, {}, shared}}), "01800a030173017400000000000000010430302d31001f0430302d32020170017601000000d8040e"},
	{commandForm("message with terms", engine.Command{Kind: engine.Deliver, Message: &shared}), "0108a0040000001f0430302d32020170017601000000d8040e"},
	{dispatchForm("message with terms", engine.Effect{Kind: engine.Dispatch, Message: &traced}), "0180030173017400010430302d31"},
	{commandForm("result that sends", sending), "01010702028004020174016b080101610302080101680602c3a90000000800"},
	{commandForm("wait that sends", sendingWait), "010310110e020174016b080101610302080101680602c3a90000000800"},
	{commandForm("wait that stores", storingWait), "010310e1010e080101610302010162"},
	{growthForm("empty growth", engine.Growth{}), "0100"},
	{growthForm("full growth", fullGrowth), "010e0801016103020703030206016200d804"},
	{commandForm("empty command", engine.Command{}), "010000"},
	{commandForm("kill", engine.Command{Kind: engine.Kill}), "010c00"},
	{commandForm("command with empty parts", engine.Command{
		Kind: engine.Succeed, Result: &engine.Result{}, Failure: &engine.Failure{}, Wait: &engine.Wait{}, Message: &engine.Message{},
	}), "01013c000000000000"},
	{commandForm("full command", fullCommand), "010ebf01d80403df0308010161030208010162000103782e7901037965730801022b730801056563686f3e0602c3a907020302060162070801076d657373616765060662726f6b656e0680a8d6b9070180e0ba84bf030801016e04000000000000f83f078080afa2dbffad060201740170017601000000000801016d03040173017407020206017808010165060166"},
	{commandForm("wait with a reason", reasonedWait), "010310090e02c3a9"},
	{commandForm("judged", judged), "01018102020102c3a9"},
	{commandForm("facts", engine.Command{Kind: engine.Fail, Task: 1, Facts: []engine.Fact{{Kind: engine.ProductMade, Data: params.Of("product", "p")}, {Kind: engine.Expected}}}), "0102812002021208010770726f64756374060170130800"},
	{dispatchForm("empty dispatch", engine.Effect{}), "0100"},
	{dispatchForm("full dispatch", fullDispatch), "01ef01d8040402042b772b61080101610302080101620001730174070202060178"},
	{stringsForm("no strings", nil), "0100"},
	{stringsForm("strings", []string{"run:é", ""}), "01020672756e3ac3a900"},
	{eventsForm("no events", nil), "0100"},
	{eventsForm("events", fullEvents), "0104058080afa2dbffad060000000000022b77010e0202020102052b6c6f616401078302020507000801056572726f720602c3a9020c0d01010905027374"},
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	for _, w := range written {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			if got := hex.EncodeToString(w.bytes); got != w.hex {
				t.Errorf("the form has changed:\n%s, was\n%s", got, w.hex)
			}
			var err error
			if w.bytes, err = hex.DecodeString(w.hex); err != nil {
				t.Fatal(err)
			}
			same(t, w.form)
		})
	}
}

func TestDamageIsAnError(t *testing.T) {
	t.Parallel()
	for _, w := range written {
		for n := 1; n < len(w.bytes); n++ {
			if got, err := w.decode(w.bytes[:n]); err == nil {
				t.Errorf("%d of %d bytes of %s read as %v", n, len(w.bytes), w.name, got)
			}
		}
		if len(w.bytes) == 0 {
			continue
		}
		if got, err := w.decode(append(w.bytes[:len(w.bytes):len(w.bytes)], 0)); err == nil {
			t.Errorf("%s and another byte read as %v", w.name, got)
		}
		newer := append([]byte{2}, w.bytes[1:]...)
		if _, err := w.decode(newer); err == nil || !strings.Contains(err.Error(), "newer") {
			t.Errorf("version 2 of %s: error %v", w.name, err)
		}
	}
}

func TestAnUnknownPartIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := record.DecodeDetail([]byte{1, 0x80, 0x10}); err == nil {
		t.Error("a detail with a twelfth part was read")
	}
	if err := record.DecodeGrowth([]byte{1, 0x10}, &engine.Growth{}); err == nil {
		t.Error("a growth with a fifth part was read")
	}
	for _, b := range [][]byte{{1, 0, 0x80, 0x08}, {1, 0, 0xa0, 0x04, 0, 0, 0, 0x20}, {1, 0, 1 << 2, 0x80, 0x04}, {1, 0, 1 << 3, 1 << 4}, {1, 0, 1 << 4, 1 << 4}} {
		if c, err := record.DecodeCommand(b); err == nil {
			t.Errorf("a command with an unknown part was read as %+v", c)
		}
	}
	if e, err := record.DecodeDispatch([]byte{1, 0x80, 0x04}); err == nil {
		t.Errorf("a dispatch with a tenth part was read as %+v", e)
	}
}

// The numbers of these names are in databases.
func TestNumbersStay(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for s := model.Blocked; s <= model.NotReached; s++ {
		fmt.Fprintf(&got, "%d %s\n", s, s)
	}
	for s := engine.AttemptRunning; s <= engine.AttemptKilled; s++ {
		fmt.Fprintf(&got, "%d %s\n", s, s)
	}
	for k := engine.AttemptStarted; k <= engine.SignalReturned; k++ {
		fmt.Fprintf(&got, "%d %s\n", k, k)
	}
	want := `0 blocked
1 running
2 waiting
3 open
4 success
5 failed
6 skipped
7 cancelled
8 stopped
9 not_reached
0 running
1 success
2 error
3 killed
0 attempt_started
1 attempt_ended
2 task_started
3 task_ended
4 task_waits
5 task_retries
6 task_opened
7 tasks_added
8 signal_kept
9 try_lost
10 limit_passed
11 cancel_wanted
12 params_edited
13 skipped_to
14 task_judged
15 signal_buried
16 signal_returned
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("states and kinds (-want +got):\n%s", diff)
	}
	growths := []engine.GrowthKind{
		engine.GrowSub, engine.GrowCheck, engine.GrowFailure, engine.GrowLimit,
		engine.GrowRound, engine.GrowItems, engine.GrowDrop, engine.GrowAgain,
	}
	for i, k := range growths {
		if int(k) != i {
			t.Errorf("growth kind %d has number %d", i, k)
		}
	}
	commands := []engine.CommandKind{
		engine.Begin, engine.Succeed, engine.Fail, engine.WaitFor, engine.TryCancelled, engine.Lose, engine.Wake, engine.Expire,
		engine.Deliver, engine.Append, engine.Again, engine.Cancel, engine.Kill, engine.Edit, engine.SkipTo,
	}
	for i, k := range commands {
		if int(k) != i {
			t.Errorf("command %d has number %d", i, k)
		}
	}
	flags := []engine.Flags{
		engine.CancelAsked, engine.SkipAsked, engine.TimedOut, engine.Broken, engine.Alerted, engine.LimitSeen,
		engine.Replayed, engine.Won, engine.Closed, engine.Handling, engine.Checking, engine.StopAsked, engine.RoundAsked,
	}
	for i, f := range flags {
		if f != 1<<i {
			t.Errorf("flag %d has number %d", i, f)
		}
	}
}

func TestGrowthKeepsItsNode(t *testing.T) {
	t.Parallel()
	n := &workflow.Node{Name: "^sub", Children: []*workflow.Node{
		{Name: "+a", Operator: "echo", Config: params.Of("text", "x")},
		{Name: "+b", Operator: "echo", After: []workflow.Edge{{From: 0}}},
	}}
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	f := growthForm("growth", engine.Growth{Node: n, Export: params.Of("a", 1)})
	same(t, f)
	got, err := f.decode(f.bytes)
	if err != nil {
		t.Fatal(err)
	}
	if next := got.(engine.Growth).Node.Next(0); len(next) != 1 {
		t.Errorf("the node is not finished: what follows its first child is %v", next)
	}
}

func TestCommandsAndDispatchesKeepTheirTrees(t *testing.T) {
	t.Parallel()
	n := &workflow.Node{Name: "+more", Children: []*workflow.Node{
		{Name: "+a", Operator: "echo", Config: params.Of("text", "x"), Retry: workflow.Retry{Limit: 2}},
		{Name: "+b", Operator: "echo", After: []workflow.Edge{{From: 0}}},
	}}
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	carried := dispatchForm("dispatch", engine.Effect{Task: 1, Node: n})
	same(t, carried)
	e, err := carried.decode(carried.bytes)
	if err != nil {
		t.Fatal(err)
	}
	if next := e.(engine.Effect).Node.Next(0); len(next) != 1 {
		t.Errorf("the node of a dispatch is not finished: what follows its first child is %v", next)
	}
	f := commandForm("command", engine.Command{Kind: engine.Append, Task: 1, Node: n, Result: &engine.Result{Node: n}})
	same(t, f)
	got, err := f.decode(f.bytes)
	if err != nil {
		t.Fatal(err)
	}
	c := got.(engine.Command)
	for name, n := range map[string]*workflow.Node{"node": c.Node, "node of the result": c.Result.Node} {
		if next := n.Next(0); len(next) != 1 {
			t.Errorf("the %s is not finished: what follows its first child is %v", name, next)
		}
	}
}

func TestDefinitionIsFinished(t *testing.T) {
	t.Parallel()
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{
		{Name: "+a", Operator: "echo"}, {Name: "+b", Operator: "echo", After: []workflow.Edge{{From: 0}}},
	}}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	got, err := record.DecodeDefinition(record.Definition(w))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got, cmp.AllowUnexported(workflow.Node{})); diff != "" {
		t.Errorf("definition (-want +got):\n%s", diff)
	}
	if _, err := record.DecodeDefinition([]byte("no definition")); model.CodeOf(err) != model.Internal || err == nil {
		t.Errorf("error %v (%s)", err, model.CodeOf(err))
	}
}

func TestEventsCanBeReadFromAnyNumber(t *testing.T) {
	t.Parallel()
	b := record.Events(fullEvents)
	for after := range int64(11) {
		first := engine.Event{Seq: -1}
		got, err := record.DecodeEvents([]engine.Event{first}, b, 7, after)
		if err != nil {
			t.Fatal(err)
		}
		want := []engine.Event{first}
		for _, e := range fullEvents {
			if e.Seq > after {
				want = append(want, e)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", after, diff)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	text := rapid.String()
	m := rapid.Custom(func(t *rapid.T) params.Map {
		var m params.Map
		for k, v := range rapid.MapOfN(text, text, 0, 3).Draw(t, "map") {
			m = m.Set(k, v)
		}
		return m
	})
	instant := rapid.Map(rapid.Int64(), func(i int64) model.Instant { return model.Instant(i) })
	prop.Check(t, func(t *rapid.T) {
		var events []engine.Event
		seq := int64(0)
		for range rapid.IntRange(0, 20).Draw(t, "events") {
			seq += rapid.Int64Range(1, 1<<40).Draw(t, "step")
			events = append(events, engine.Event{
				Attempt: 7, Seq: seq, At: instant.Draw(t, "at"), Kind: engine.EventKind(rapid.IntRange(0, 127).Draw(t, "kind")),
				Task: model.TaskID(rapid.Int32().Draw(t, "task")), Try: rapid.Int32().Draw(t, "try"),
				Name: text.Draw(t, "name"), State: model.State(rapid.Byte().Draw(t, "state")), Data: m.Draw(t, "data"),
			})
		}
		same(t, eventsForm("events", events))
		same(t, detailForm("detail", &engine.Detail{
			Export: m.Draw(t, "export"), Store: m.Draw(t, "store"), Reset: rapid.SliceOf(text).Draw(t, "reset"),
			Outputs: rapid.SliceOf(text).Draw(t, "outputs"), Subtasks: m.Draw(t, "subtasks"), Error: m.Draw(t, "error"),
			State: m.Draw(t, "state"),
			Keys:  rapid.SliceOf(rapid.Custom(func(t *rapid.T) engine.Key { return drawKey(t, text) })).Draw(t, "keys"),
			Inbox: rapid.SliceOf(rapid.Custom(func(t *rapid.T) engine.Message { return drawMessage(t, text, m) })).Draw(t, "inbox"),
		}))
		same(t, growthForm("growth", engine.Growth{
			Export: m.Draw(t, "export"), Replaces: model.TaskID(rapid.Int32().Draw(t, "replaces")),
		}))
		same(t, commandForm("command", drawCommand(t, text, m)))
		same(t, dispatchForm("dispatch", engine.Effect{
			Task: model.TaskID(rapid.Int32().Draw(t, "of")), Try: rapid.Int32().Draw(t, "number"), Retries: rapid.Int32().Draw(t, "retries"),
			Name: text.Draw(t, "name"), Scope: m.Draw(t, "scope"), State: m.Draw(t, "of the operator"),
		}))
	})
}

// drawCommand draws a command that has any of the parts, whatever its kind.
func drawCommand(t *rapid.T, text *rapid.Generator[string], m *rapid.Generator[params.Map]) engine.Command {
	c := engine.Command{
		Kind: engine.CommandKind(rapid.Byte().Draw(t, "kind")),
		Task: model.TaskID(rapid.Int32().Draw(t, "task")), Try: rapid.Int32().Draw(t, "try"),
		Params: m.Draw(t, "params"),
	}
	has := rapid.Bool()
	if has.Draw(t, "verdict") {
		c.Verdict = &engine.Verdict{Skip: has.Draw(t, "skip"), Reason: text.Draw(t, "because")}
	}
	if has.Draw(t, "result") {
		c.Result = &engine.Result{
			Export: m.Draw(t, "export"), Store: m.Draw(t, "store"), Reset: rapid.SliceOf(text).Draw(t, "reset"),
			Outputs: rapid.SliceOf(text).Draw(t, "outputs"), Subtasks: m.Draw(t, "subtasks"),
			Items: rapid.SliceOf(rapid.Map(text, func(s string) params.Value { return s })).Draw(t, "items"),
			Stop:  has.Draw(t, "stop"), Replayed: has.Draw(t, "replayed"), Version: text.Draw(t, "version"),
		}
	}
	if has.Draw(t, "failure") {
		c.Failure = &engine.Failure{
			Error: m.Draw(t, "error"), State: m.Draw(t, "state"), Bury: has.Draw(t, "bury"),
			Retry: workflow.Retry{
				Limit: rapid.Int().Draw(t, "limit"), Interval: time.Duration(rapid.Int64().Draw(t, "interval")),
				Exponential: has.Draw(t, "exponential"), Max: time.Duration(rapid.Int64().Draw(t, "max")),
			},
		}
	}
	if has.Draw(t, "wait") {
		c.Wait = &engine.Wait{
			Until: model.Instant(rapid.Int64().Draw(t, "until")), State: m.Draw(t, "kept"),
			Reason: text.Draw(t, "reason"), Store: m.Draw(t, "stored"), Reset: rapid.SliceOf(text).Draw(t, "gone"),
			Postpone: has.Draw(t, "postpone"),
			Keys:     rapid.SliceOf(rapid.Custom(func(t *rapid.T) engine.Key { return drawKey(t, text) })).Draw(t, "keys"),
		}
	}
	if has.Draw(t, "message") {
		message := drawMessage(t, text, m)
		c.Message = &message
	}
	return c
}

func drawMessage(t *rapid.T, text *rapid.Generator[string], body *rapid.Generator[params.Map]) engine.Message {
	m := engine.Message{Source: text.Draw(t, "source"), Topic: text.Draw(t, "topic"), Body: body.Draw(t, "body")}
	has := rapid.Bool()
	if has.Draw(t, "traced") {
		m.Trace = text.Draw(t, "trace")
	}
	if has.Draw(t, "shared") {
		m.Share = &engine.Share{
			Whole: has.Draw(t, "whole"),
			Early: engine.Early{Expires: model.Instant(rapid.Int64().Draw(t, "expires")), Most: rapid.Int().Draw(t, "most")},
			Keys: rapid.SliceOf(rapid.Custom(func(t *rapid.T) engine.MessageKey {
				return engine.MessageKey{Param: text.Draw(t, "param"), Value: text.Draw(t, "value"), Drop: has.Draw(t, "drop")}
			})).Draw(t, "keys"),
		}
	}
	return m
}

func drawKey(t *rapid.T, text *rapid.Generator[string]) engine.Key {
	return engine.Key{
		Topic: text.Draw(t, "topic"), Param: text.Draw(t, "param"), Value: text.Draw(t, "value"), One: rapid.Bool().Draw(t, "one"), Fresh: rapid.Bool().Draw(t, "fresh"),
	}
}

func FuzzDecode(f *testing.F) {
	for _, w := range written {
		f.Add(w.bytes)
	}
	f.Add([]byte("\x01\x10 \x00")) // a page of no items
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := record.DecodeDetail(b); err == nil {
			same(t, detailForm("detail", d))
		}
		if m, err := record.DecodeMap(b); err == nil {
			same(t, mapForm("map", m))
		}
		g := identity
		if err := record.DecodeGrowth(b, &g); err == nil && g.Node == nil {
			same(t, growthForm("growth", g))
		}
		if c, err := record.DecodeCommand(b); err == nil {
			same(t, commandForm("command", c))
		}
		if e, err := record.DecodeDispatch(b); err == nil && e.Node == nil {
			same(t, dispatchForm("dispatch", e))
		}
		if events, err := record.DecodeEvents(nil, b, 7, 0); err == nil && rising(events) {
			same(t, eventsForm("events", events))
		}
	})
}

func rising(events []engine.Event) bool {
	last := int64(0)
	for _, e := range events {
		if e.Seq <= last {
			return false
		}
		last = e.Seq
	}
	return true
}
