package dig_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// compile compiles a file.
func compile(text string) (*workflow.Workflow, error) {
	list, err := dig.LoadDefinitions(project("-- w.dig --\n"+text), []string{"w.dig"})
	if err != nil {
		return nil, err
	}
	return list[0].Workflow, nil
}

func TestAFileSaysHowItsRunsStandInTheQueue(t *testing.T) {
	t.Parallel()
	w, err := compile("_tags: {team: search, n: 7, on: true}\n_run_queue: {priority: -3, weight: 2}\n+a: {echo>: a}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := workflow.Turn{Tags: model.Tags{"team": "search", "n": "7", "on": "true"}, Priority: -3, Weight: 2}
	if diff := cmp.Diff(want, w.Turn); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsWrongWithTheQueueOfAFileIsSaid(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"_tags: search":                "tags are a mapping",
		"_tags: {a: [1]}":              "must be a text",
		"_tags: {a: '${b}'}":           "read before expressions",
		"_tags: {pawl/schedule: 1}":    "pawl's own",
		"_run_queue: {priority: high}": "must be an integer",
		"_run_queue: {weight: 0}":      "at least 1",
		"_run_queue: 7":                "must be a mapping",
	} {
		if _, err := compile(text + "\n+a: {echo>: a}\n"); err == nil || !strings.Contains(err.Error()+model.HintsOf(err), why) {
			t.Errorf("%s: %v, want %s", text, err, why)
		}
	}
}
