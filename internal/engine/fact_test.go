package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

func TestWhatATryTellsIsHistory(t *testing.T) {
	t.Parallel()
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{{Name: "+a", Operator: "x"}}}}
	if err := def.Finish(); err != nil {
		t.Fatal(err)
	}
	a := engine.New(1, def, params.Map{})
	var step engine.Step
	apply := func(c engine.Command) string {
		step.Reset()
		if err := a.Apply(7, c, &step); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, e := range step.Events {
			if e.Kind == engine.ProductMade || e.Kind == engine.Expected {
				told = append(told, fmt.Sprintf("%s %s %d %s", e.Kind, e.Name, e.Try, params.AppendJSON(nil, e.Data)))
			}
		}
		return strings.Join(told, ", ")
	}
	list := []engine.Fact{{Kind: engine.ProductMade, Data: params.Of("product", "p")}, {Kind: engine.Expected, Data: params.Of("ok", true)}}
	again := &engine.Failure{Retry: workflow.Retry{Limit: 9}}
	apply(engine.Command{Kind: engine.Begin})
	for _, test := range []struct {
		command engine.Command
		want    string
	}{
		{engine.Command{Kind: engine.Fail, Task: 1, Try: 1, Failure: again, Facts: list}, `product_made +w+a 1 {"product":"p","failed":true}, expected +w+a 1 {"ok":true,"failed":true}`},
		{engine.Command{Kind: engine.Succeed, Task: 1, Try: 1, Facts: list}, ""}, // of a try that is over
		{engine.Command{Kind: engine.WaitFor, Task: 1, Try: 2, Wait: &engine.Wait{Until: 7}, Facts: list[:1]}, `product_made +w+a 2 {"product":"p"}`},
		{engine.Command{Kind: engine.Wake, Task: 1}, ""},
		{engine.Command{Kind: engine.Cancel, Task: 1}, ""},
		{engine.Command{Kind: engine.TryCancelled, Task: 1, Try: 3, Facts: list[:1]}, `product_made +w+a 3 {"product":"p","failed":true}`},
	} {
		if got := apply(test.command); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.command, got, test.want)
		}
	}
	if list[0].Data.Has(engine.FactFailed) {
		t.Error("the command was changed")
	}
}
