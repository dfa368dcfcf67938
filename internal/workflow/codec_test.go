package workflow

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

var asWritten = cmp.Options{cmpopts.IgnoreUnexported(Node{}), cmpopts.EquateEmpty()}

func name() *rapid.Generator[string] { return rapid.StringMatching(`[+^][a-z0-9_=&]{0,6}`) }

func word() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "sh", "py", "a.dig", "orders", "päärynä"})
}

func parameters() *rapid.Generator[params.Map] {
	return rapid.Custom(func(t *rapid.T) params.Map {
		var m params.Map
		for k, v := range rapid.MapOfN(word(), rapid.Int64(), 0, 3).Draw(t, "ints") {
			m = m.Set(k, v)
		}
		if rapid.Bool().Draw(t, "nested") {
			m = m.Set("nested", params.Of("list", []any{1, 2.5, nil, "x"}))
		}
		return m
	})
}

// span is any duration, negative ones included: Decode does not judge.
func span() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64().Draw(t, "span")) })
}

func retry(t *rapid.T) Retry {
	return Retry{
		Limit:       rapid.Int().Draw(t, "retries"),
		Interval:    span().Draw(t, "interval"),
		Exponential: rapid.Bool().Draw(t, "exponential"),
		Max:         span().Draw(t, "max"),
	}
}

func edge() *rapid.Generator[Edge] {
	return rapid.Custom(func(t *rapid.T) Edge {
		return Edge{
			From:   rapid.IntRange(-1, 5).Draw(t, "from"),
			On:     On(rapid.IntRange(0, int(OnOutput)).Draw(t, "on")),
			Output: word().Draw(t, "output"),
		}
	})
}

// node draws a tree. It need not make sense: what a definition may hold is for
// Finish to judge, and the codec keeps everything.
func node(depth int) *rapid.Generator[*Node] {
	return rapid.Custom(func(t *rapid.T) *Node {
		has := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
		n := &Node{Name: name().Draw(t, "name"), Operator: word().Draw(t, "operator")}
		n.Config = parameters().Draw(t, "config")
		n.Again = rapid.Bool().Draw(t, "again")
		if has("after") {
			n.After = rapid.SliceOfN(edge(), 0, 3).Draw(t, "edges")
		}
		if has("export") {
			n.Export = parameters().Draw(t, "exports")
		}
		if has("retry") {
			n.Retry = retry(t)
		}
		if has("pos") {
			n.Pos = Pos{File: word().Draw(t, "file"), Line: rapid.Int().Draw(t, "line"), Column: rapid.Int().Draw(t, "column")}
		}
		if has("failure") {
			n.Failure = Failure{WholeGroup, FailureEffect(rapid.IntRange(0, int(Isolate)).Draw(t, "effect"))}
		}
		if has("join") {
			n.Join = Join{rapid.Bool().Draw(t, "any"), rapid.Bool().Draw(t, "done"), rapid.Bool().Draw(t, "leave")}
		}
		if has("each") {
			n.Each = &Each{word().Draw(t, "source"), parameters().Draw(t, "items"), word().Draw(t, "key"), rapid.Int().Draw(t, "window"), ItemFailure(rapid.IntRange(0, int(CancelAll)).Draw(t, "items fail"))}
		}
		if has("limit") {
			n.Limit = Limit{After: span().Draw(t, "limit after"), Until: word().Draw(t, "limit until"), Then: LimitNotifies}
		}
		wait := func() *Wait {
			return &Wait{
				Until: word().Draw(t, "until"), For: span().Draw(t, "for"),
				Signals:      []Signal{{word().Draw(t, "topic"), word().Draw(t, "param"), true}},
				Early:        Early(rapid.IntRange(0, int(DropEarly)).Draw(t, "early")),
				OnBadMessage: BadMessage(rapid.IntRange(0, int(BuryMessage)).Draw(t, "bad")),
				Again:        Again(rapid.IntRange(0, int(AgainDownstream)).Draw(t, "late")),
			}
		}
		if has("wait") {
			n.Wait = wait()
		} else if has("past") {
			n.Past = wait()
		}
		if has("products") {
			n.Products = []Product{{word().Draw(t, "type"), parameters().Draw(t, "product")}}
		}
		if has("resources") {
			n.Resources = &Resources{
				Queue: word().Draw(t, "queue"), Priority: rapid.Int().Draw(t, "priority"), CPU: rapid.Int64().Draw(t, "cpu"),
				Memory: rapid.Int64().Draw(t, "memory"), GPU: rapid.Int().Draw(t, "gpu"), Image: word().Draw(t, "image"),
			}
		}
		if has("slots") {
			n.Slots = []Slots{{word().Draw(t, "pool"), rapid.Int().Draw(t, "n")}}
		}
		n.Skip = has("skip")
		if has("redrive") {
			n.Redrive = Redrive(rapid.IntRange(1, int(HoldLost)).Draw(t, "lost"))
		}
		if depth > 0 {
			nest(t, n, depth-1, has)
		}
		return n
	})
}

func nest(t *rapid.T, n *Node, depth int, has func(string) bool) {
	n.Children = rapid.SliceOfN(node(depth), 0, 3).Draw(t, "children")
	for i, c := range n.Children {
		if i > 0 && has("sequence") {
			c.After = []Edge{{From: i - 1}}
		}
	}
	if has("hook") {
		n.Limit.Hook = node(0).Draw(t, "hook")
	}
	if has("check") {
		n.Check = node(0).Draw(t, "check")
	}
	if has("on failure") {
		n.OnFailure = rapid.SliceOfN(node(0), 1, 2).Draw(t, "handlers")
	}
	if has("on stop") {
		n.OnStop = rapid.SliceOfN(node(0), 1, 2).Draw(t, "stop handlers")
	}
}

func TestDefinitionsSurviveEncoding(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		w := &Workflow{
			Name: word().Draw(t, "name"), Dialect: word().Draw(t, "dialect"), Zone: word().Draw(t, "zone"),
			Scope:    Scope(rapid.IntRange(0, 1).Draw(t, "scope")),
			Schedule: parameters().Draw(t, "schedule"), SLA: parameters().Draw(t, "sla"), Inputs: parameters().Draw(t, "inputs"),
		}
		if rapid.Bool().Draw(t, "turn") {
			w.Turn = Turn{
				Tags:     rapid.MapOfN(word(), word(), 0, 3).Draw(t, "tags"),
				Priority: rapid.Int().Draw(t, "priority"), Weight: rapid.Int().Draw(t, "weight"),
			}
		}
		if rapid.Bool().Draw(t, "root") {
			w.Root = node(3).Draw(t, "tree")
		}
		b := w.AppendBinary([]byte("head"))
		got, err := Decode(b[len("head"):])
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		if diff := cmp.Diff(w, got, asWritten); diff != "" {
			t.Fatalf("definition changed (-written +read):\n%s", diff)
		}
		if again := got.AppendBinary([]byte("head")); !bytes.Equal(again, b) {
			t.Fatalf("encoding the result again gives other bytes:\n%q\n%q", again, b)
		}
	})
}

func TestSubtreesSurviveEncoding(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		n := node(2).Draw(t, "tree")
		got, err := DecodeNode(n.AppendBinary(nil))
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		if diff := cmp.Diff(n, got, asWritten); diff != "" {
			t.Fatalf("tree changed (-written +read):\n%s", diff)
		}
	})
}

// A field that is added to the model but not to the codec would be lost.
func TestEveryFieldOfANodeIsEncoded(t *testing.T) {
	t.Parallel()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Node]()) {
		if !field.IsExported() {
			continue
		}
		t.Run(field.Name, func(t *testing.T) {
			t.Parallel()
			n := &Node{}
			fill(t, reflect.ValueOf(n).Elem().FieldByIndex(field.Index), 2)
			got, err := DecodeNode(n.AppendBinary(nil))
			if err != nil {
				t.Fatalf("decode: %v", err)
			}
			if diff := cmp.Diff(n, got, asWritten); diff != "" {
				t.Fatalf("field is lost or changed (-written +read):\n%s", diff)
			}
		})
	}
}

// Definitions of attempts that run were written by earlier versions.
func TestWhatEarlierVersionsWroteIsRead(t *testing.T) {
	t.Parallel()
	signals := []Signal{{Topic: "orders", Param: "id", One: true}}
	for text, want := range map[string]*Node{
		// "+a", operator "do", a wait for a signal, messages jump
		"\x01\x81\x80\x05\x02+a\x01\x02do\x00\x00\x01\x01\x06orders\x01\x02id\x01": {
			Name: "+a", Operator: "do", Wait: &Wait{Signals: signals, Early: JumpEarly},
		},
		// the same, and messages do not jump
		"\x01\x81\x80\x01\x02+a\x01\x02do\x00\x00\x01\x01\x06orders\x01\x02id\x01": {
			Name: "+a", Operator: "do", Wait: &Wait{Signals: signals},
		},
		// "+a", operator "do", messages jump, but it takes none
		"\x01\x81\x80\x04\x02+a\x01\x02do": {Name: "+a", Operator: "do"},
	} {
		got, err := DecodeNode([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got, asWritten); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// What says how messages are taken belongs to a wait.
func TestAListenerThatDoesNotWaitIsDamage(t *testing.T) {
	t.Parallel()
	e := newEncoder(nil)
	e.uint(hasListener)
	e.string("+a")
	e.listener(&Node{Wait: &Wait{Again: AgainHandler}})
	if _, err := DecodeNode(e.dst); err == nil {
		t.Error("it is read")
	}
}

// fill sets v, and all that it holds to a depth of nodes, to something that is
// not zero.
func fill(t *testing.T, v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case params.Map:
		v.Set(reflect.ValueOf(params.Of("k", "v")))
		return
	case *Node:
		if depth == 0 {
			return
		}
		depth--
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), depth)
		if v.Index(0).IsZero() {
			v.SetZero()
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i), depth)
			}
		}
	default:
		t.Fatalf("the test cannot fill a %s", v.Type())
	}
}

func TestDamagedDefinitionsAreRefused(t *testing.T) {
	t.Parallel()
	whole := manyTasks(20).AppendBinary(nil)
	for cut := range whole {
		if _, err := Decode(whole[:cut]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken for a definition", cut, len(whole))
		}
	}
	if _, err := Decode(append(bytes.Clone(whole), 0)); err == nil {
		t.Fatal("a byte after the end is not noticed")
	}
	if _, err := Decode(append([]byte{codecVersion + 1}, whole[1:]...)); err == nil {
		t.Fatal("another version is not refused")
	}
}

func TestDecodeRefusesDeepTrees(t *testing.T) {
	t.Parallel()
	root := &Node{Name: "+root"}
	for n, i := root, 0; i <= MaxDepth; i++ {
		n.Children = []*Node{{Name: "+x"}}
		n = n.Children[0]
	}
	if _, err := DecodeNode(root.AppendBinary(nil)); err == nil {
		t.Fatalf("a tree deeper than %d is not refused", MaxDepth)
	}
	if _, err := DecodeNode(root.Children[0].AppendBinary(nil)); err != nil {
		t.Fatalf("a tree of the largest depth is refused: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(manyTasks(2).AppendBinary(nil))
	f.Add((&Workflow{}).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(w.AppendBinary(nil))
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded and decoded again: %v", err)
		}
		if diff := cmp.Diff(w, again, asWritten); diff != "" {
			t.Fatalf("definition changed:\n%s", diff)
		}
	})
}

// manyTasks returns a sequence of n tasks with usual parameters.
func manyTasks(n int) *Workflow {
	root := &Node{Name: "+big", Pos: Pos{"big.dig", 1, 1}}
	for i := range n {
		c := &Node{
			Name:     fmt.Sprintf("+task_%05d", i),
			Operator: "sh",
			Config:   params.Of("_type", "sh", "_command", fmt.Sprintf("echo ${session_date} %d", i), "_retry", 3),
			Export:   params.Of("key", fmt.Sprintf("value_%d", i), "list", []any{1, 2, i}),
			Retry:    Retry{Limit: 3},
			Pos:      Pos{"big.dig", 4 + 6*i, 1},
		}
		if i > 0 {
			c.After = []Edge{{From: i - 1}}
		}
		root.Children = append(root.Children, c)
	}
	return &Workflow{Name: "big", Dialect: "dig", Root: root}
}

func BenchmarkDecode(b *testing.B) {
	enc := manyTasks(10_000).AppendBinary(nil)
	b.ReportMetric(float64(len(enc))/10_000, "B/task")
	for b.Loop() {
		if _, err := Decode(enc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	w := manyTasks(10_000)
	var buf []byte
	for b.Loop() {
		buf = w.AppendBinary(buf[:0])
	}
}
