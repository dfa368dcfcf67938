package outline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture/outline"
	"github.com/pawlhq/pawl/internal/workflow"
)

func action(name, does string) *workflow.Node {
	return &workflow.Node{Name: name, Operator: "go", Config: params.Of("_command", does)}
}

// orders is a process as package pawl compiles it.
func orders(t *testing.T, dialect string) *workflow.Workflow {
	t.Helper()
	paid := action("+paid", "listen to payments by id")
	paid.After = []workflow.Edge{{From: 0}}
	paid.Limit = workflow.Limit{After: 48 * time.Hour, Then: workflow.LimitSkips, Hook: &workflow.Node{Name: "^deadline", Children: []*workflow.Node{action("+remind", "execute")}}}
	book, lamp := action("+book", "execute"), action("+lamp", "execute")
	for _, n := range []*workflow.Node{book, lamp} {
		n.After = []workflow.Edge{{From: 0, On: workflow.OnOutput, Output: n.Name[1:]}}
	}
	lamp.Retry = workflow.Retry{Limit: 5}
	kind := &workflow.Node{Name: "+kind", After: []workflow.Edge{{From: 1}}, Children: []*workflow.Node{action("^decide", "decide"), book, lamp}}
	tell := &workflow.Node{
		Name: "+tell", After: []workflow.Edge{{From: 2, On: workflow.OnDone}}, Join: workflow.Join{Any: true},
		Children:  []*workflow.Node{action("+mail", "execute"), action("+post", "execute")},
		OnFailure: []*workflow.Node{{Name: "^error", Children: []*workflow.Node{action("+undo", "execute")}}},
	}
	tell.Children[1].Failure.Effect = workflow.Isolate
	w := &workflow.Workflow{Name: "orders", Dialect: dialect, Root: &workflow.Node{
		Name: "+orders", Children: []*workflow.Node{action("+charge", "send to charges"), paid, kind, tell},
	}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTextSaysWhatEachTaskDoes(t *testing.T) {
	t.Parallel()
	const want = `orders
  charge: send to charges
  paid: listen to payments by id; is skipped after 48h
    on deadline
      remind: execute
  kind: decide
    book: if it is chosen; execute
    lamp: if it is chosen; execute; tried again up to 5 times
  tell: side by side until the first has ended well
    mail: execute
    post: execute; what follows does not need it
    on failure
      undo: execute
`
	if diff := cmp.Diff(want, outline.Text(orders(t, workflow.Program))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTextOfOtherLanguagesNamesOperatorsAndEdges(t *testing.T) {
	t.Parallel()
	const want = `+orders
  +charge: go> send to charges
  +paid: go> listen to payments by id; is skipped after 48h
    ^deadline
      +remind: go> execute
  +kind
    ^decide: go> decide
    +book: after ^decide gives "book"; go> execute
    +lamp: after ^decide gives "lamp"; go> execute; tried again up to 5 times
  +tell: side by side until the first has ended well
    +mail: go> execute
    +post: go> execute; what follows does not need it
    ^error
      +undo: go> execute
`
	got := outline.Text(orders(t, "other"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGraphHasWhatRunsBesideAndWhatIsChosen(t *testing.T) {
	t.Parallel()
	g := outline.Graph(orders(t, workflow.Program), nil)
	var got []string
	for _, n := range g.Nodes {
		got = append(got, fmt.Sprintf("%s: %s | %s", n.ID, n.Label, n.Detail))
	}
	for _, e := range g.Edges {
		got = append(got, fmt.Sprintf("%s -> %s %q %v", e.From, e.To, e.Label, e.Dashed))
	}
	want := []string{
		"+orders: orders | ",
		"+orders+charge: charge | send to charges",
		"+orders+paid: paid | listen to payments by id; is skipped after 48h",
		"+orders+paid^deadline: on deadline | ",
		"+orders+paid^deadline+remind: remind | execute",
		"+orders+kind: kind | ",
		"+orders+kind^decide: decide | ",
		"+orders+kind+book: book | execute",
		"+orders+kind+lamp: lamp | execute; tried again up to 5 times",
		"+orders+tell: tell | side by side until the first has ended well",
		"+orders+tell+mail: mail | execute",
		"+orders+tell+post: post | execute; what follows does not need it",
		"+orders+tell^error: on failure | ",
		"+orders+tell^error+undo: undo | execute",
	}
	edges := got[len(g.Nodes):]
	if diff := cmp.Diff(want, got[:len(g.Nodes)]); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	wantEdges := []string{
		`+orders+paid -> +orders+paid^deadline "on deadline" true`,
		`+orders+charge -> +orders+paid "" false`,
		`+orders+kind^decide -> +orders+kind+book "book" false`,
		`+orders+kind^decide -> +orders+kind+lamp "lamp" false`,
		`+orders+paid -> +orders+kind "" false`,
		`+orders+tell -> +orders+tell^error "on failure" true`,
		`+orders+kind -> +orders+tell "" true`,
	}
	if diff := cmp.Diff(wantEdges, edges); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
}
