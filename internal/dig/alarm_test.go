package dig_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

func TestTheAlarmOfAWorkflow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sla  params.Map
		want []string
	}{
		{params.Of("time", "10:00"), []string{"^sla^alert notify"}},
		{params.Of("time", "10:00", "alert", false), nil},
		{params.Of("duration", "1h", "fail", true), []string{"^sla^alert notify", "^sla^fail fail"}},
		{params.Of("time", "10:00", "alert", false, "echo>", "late"), []string{"^sla echo"}},
		{params.Of("time", "10:00", "+a", params.Of("echo>", "late")), []string{"^sla^alert notify", "^sla "}},
	} {
		nodes, err := dig.Alarm(&workflow.Workflow{SLA: test.sla})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range nodes {
			got = append(got, n.Name+" "+n.Operator)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.sla, diff)
		}
	}
	if _, err := dig.Alarm(&workflow.Workflow{SLA: params.Of("time", "late")}); err == nil {
		t.Error("an sla without a time is taken")
	}
}
