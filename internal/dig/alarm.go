package dig

import (
	"errors"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
)

// lateMessage is what Digdag says of a workflow that is late.
const lateMessage = "SLA violation"

// Alarm returns the tasks to be added below a workflow's root once an attempt
// of it is late: what the sla section asks for, side by side, under the names
// that Digdag gives them.
func Alarm(w *workflow.Workflow) ([]*workflow.Node, error) {
	sla, err := schedule.ParseSLA(w.SLA)
	if err != nil {
		return nil, err
	}
	var nodes []*workflow.Node
	add := func(name, operator string) {
		nodes = append(nodes, &workflow.Node{
			Name: name, Operator: operator, Config: params.Of("_type", operator, "_command", lateMessage),
		})
	}
	if sla.Alert {
		add("^sla^alert", "notify")
	}
	if sla.Fail {
		add("^sla^fail", "fail")
	}
	var errs []error
	for _, n := range nodes {
		errs = append(errs, n.Finish())
	}
	rest := w.SLA.Delete("time").Delete("duration").Delete("alert").Delete("fail")
	if rest.Len() > 0 {
		own, err := CompileSubtasks("^sla", rest)
		nodes, errs = append(nodes, own), append(errs, err)
	}
	return nodes, errors.Join(errs...)
}
