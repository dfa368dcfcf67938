package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

var ruleTests = []test{
	{"workflows may have a retention of their own", func(f *fixture) {
		f.pushed(f.push("p", "r", "short", "long", "rest"))
		f.pushed(f.push("q", "r", "short", "rest"))
		of := make(map[string][]model.AttemptID)
		for _, age := range []model.Instant{5 * hour, hour, 0} {
			for id := range model.WorkflowID(5) {
				s := f.startOf(id+1, fmt.Sprint(age))
				s.Created = now - age - hour/2
				a := f.make(s)
				f.endAt(a.ID, s.Created+1)
				name := fmt.Sprint(a.Session.Project, a.Session.Workflow)
				of[name] = append(of[name], a.ID)
			}
		}
		unfinished := f.make(f.startOf(1, "unfinished")).ID
		for _, test := range []struct {
			of   store.Retention
			want []model.AttemptID
		}{
			{store.Retention{Of: []store.WorkflowRetention{{Project: "none", Attempts: 1}}}, nil},
			{store.Retention{Of: []store.WorkflowRetention{{Project: "p", Workflow: "none", Attempts: 1}}}, nil},
			{store.Retention{Attempts: 3 * time.Hour, Of: []store.WorkflowRetention{
				{Project: "p", Attempts: 0}, {Project: "q", Workflow: "rest", Attempts: 24 * time.Hour},
			}}, of["2short"][:1]},
			{store.Retention{Of: []store.WorkflowRetention{
				{Project: "p", Workflow: "short", Attempts: time.Hour}, {Project: "p", Workflow: "long"},
			}}, of["1short"][:2]},
			{store.Retention{Attempts: 3 * time.Hour, Of: []store.WorkflowRetention{
				{Project: "p", Attempts: time.Hour}, {Project: "p", Workflow: "long", Attempts: 3 * time.Hour}, {Project: "p", Workflow: "short", Attempts: 24 * time.Hour},
			}}, slices.Concat(of["2rest"][:1], of["1rest"][:2], of["1long"][:1])},
			{store.Retention{Sessions: 2, Of: []store.WorkflowRetention{{Project: "p", Workflow: "rest", Attempts: 1}}}, nil},
			{store.Retention{Of: []store.WorkflowRetention{{Project: "p", Attempts: 1}}}, slices.Concat(of["1short"][2:], of["1long"][1:], of["1rest"][2:])},
		} {
			got := f.prune(test.of, 1).Attempts
			slices.Sort(got)
			slices.Sort(test.want)
			f.same(fmt.Sprintf("%+v", test.of), got, test.want)
		}
		if f.attempt(unfinished).State.Done() {
			f.Error("it is done")
		}
	}},
}
