package product_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
)

// scenario is what Ploomber decided about an edited project; see
// testdata/scenarios.py.
type scenario struct {
	Name       string
	Tasks      []scenarioTask
	IgnoreCode bool `json:"ignore_code"`
	Force      bool
	Target     string
	Alone      bool
	States     map[string]string // nil where Ploomber gave up
	Status     map[string]any
}

type scenarioTask struct {
	Name, Code, Params string
	Upstream, Same     []string
	Products           []struct {
		Path          string
		Exists        bool
		Local, Remote *string
	}
}

// better are scenarios in which Ploomber contradicts itself, with what it should
// have decided: it judges the first task again for the second, and then lets its
// parameters count.
var better = map[string]map[string]string{
	"parameter ignored": {"a": "Skipped", "b": "Skipped", "c": "Skipped"},
}

func TestTasksAreOutdatedWhereTheyAreForPloomber(t *testing.T) {
	t.Parallel()
	for _, s := range readScenarios(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			verdicts := decide(t, s)
			if s.States == nil {
				if !slices.ContainsFunc(verdicts, func(v product.Verdict) bool { return v.Action == product.Broken }) {
					t.Fatalf("Ploomber gave up, but got %+v", verdicts)
				}
				return
			}
			want := s.States
			if b, ok := better[s.Name]; ok {
				want = b
			}
			for i, v := range verdicts {
				name := s.Tasks[i].Name
				if w, asked := want[name]; asked && states[v.Action] != w || !asked && v.Action != product.Skip {
					t.Errorf("%s: got %v (%s), want %q", name, v.Action, v.Reason, w)
				}
			}
			if s.Status == nil {
				return
			}
			got := map[string]any{}
			for i, v := range verdicts {
				got[s.Tasks[i].Name] = cell(v)
			}
			if better[s.Name] == nil {
				if diff := cmp.Diff(s.Status, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

var states = map[product.Action]string{
	product.Skip: "Skipped", product.Run: "WaitingExecution",
	product.Later: "WaitingUpstream", product.Fetch: "WaitingDownload",
}

// cell is what a status table shows.
func cell(v product.Verdict) any {
	switch {
	case v.Code && v.Upstream:
		return "Source code & Upstream"
	case v.Code:
		return "Source code"
	case v.Upstream:
		return "Upstream"
	}
	return false
}

func decide(t *testing.T, s scenario) []product.Verdict {
	t.Helper()
	plan, err := product.NewPlan(tasksOf(t, s), product.Options{
		Force: s.Force, IgnoreCode: s.IgnoreCode,
		Selection: product.Selection{Target: s.Target, Alone: s.Alone},
		Same: func(_, stored, current string) bool {
			for _, task := range s.Tasks {
				if task.Code == current && slices.Contains(task.Same, stored) {
					return true
				}
			}
			return false
		},
		Load: func(task, k int, remote bool) (product.Record, error) {
			p := s.Tasks[task].Products[k]
			if remote {
				return product.ParseRecord([]byte(*p.Remote))
			}
			return product.ParseRecord([]byte(*p.Local))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Decide()
}

func tasksOf(t *testing.T, s scenario) []product.Task {
	t.Helper()
	places := map[string]int{}
	var tasks []product.Task
	for i, from := range s.Tasks {
		places[from.Name] = i
		task := product.Task{Name: from.Name, Code: from.Code, Language: "py", Params: parse(t, from.Params).(params.Map)}
		for _, u := range from.Upstream {
			task.Upstream = append(task.Upstream, places[u])
		}
		for _, p := range from.Products {
			task.Products = append(task.Products, product.Product{
				Name: p.Path, Exists: p.Exists, Local: stampOf(p.Local), Remote: stampOf(p.Remote),
			})
		}
		tasks = append(tasks, task)
	}
	return tasks
}

func stampOf(text *string) product.Stamp {
	if text == nil {
		return product.Stamp{}
	}
	r, err := product.ParseRecord([]byte(*text))
	if err != nil {
		return product.Stamp{State: product.Damaged}
	}
	return product.StampOf(r)
}

func readScenarios(t *testing.T) []scenario {
	t.Helper()
	text, err := os.ReadFile("testdata/scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []scenario
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 40 {
		t.Fatalf("only %d scenarios", len(list))
	}
	return list
}
