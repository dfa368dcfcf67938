package server_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

func TestTasksShowTheConfigurationThatWasWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", `schedule:
  daily>: 07:00:00
_export: {x: 1}
_error:
  echo>: oh
+a:
  _check: {echo>: fine}
  loop>: 2
  _do:
    echo>: 1
+b:
  - sh>: "false"
  - _retry: 1
`)
	w.start("2026-03-01T00:00:00Z")
	w.begin(1)
	made := params.Of("_parallel", true, "_export", params.Of("y", 2), "+one", params.Of("echo>", "1", "_after", "+none"))
	node, err := dig.CompileSubtasks(workflow.Generated, made.Delete("+one").Set("+one", params.Of("echo>", "1")))
	must(t, err)
	w.apply(1, report(t, "+w+a", engine.Command{Kind: engine.Succeed, Result: &engine.Result{Subtasks: made, Node: node}}))
	w.succeed(1, "+w+a^sub+one", noParams)
	w.succeed(1, "+w+a^check", noParams)
	w.fail(1, "+w+b", "no")

	var got struct {
		Tasks []struct {
			FullName string
			Config   json.RawMessage
		}
	}
	must(t, json.Unmarshal([]byte(w.ask(200, "GET", "/api/attempts/1/tasks", "")), &got))
	configs := make(map[string]string)
	for _, task := range got.Tasks {
		configs[task.FullName] = string(task.Config)
	}
	want := map[string]string{
		"+w":           `{"schedule":{"daily>":"07:00:00"},"_error":{"echo>":"oh"},"_export":{"x":1}}`,
		"+w+a":         `{"_check":{"echo>":"fine"},"loop>":2,"_do":{"echo>":1}}`,
		"+w+a^sub":     `{"_parallel":true,"_export":{"y":2}}`,
		"+w+a^sub+one": `{"echo>":"1","_after":"+none"}`,
		"+w+a^check":   `{"echo>":"fine"}`,
		"+w+b":         `{"sh>":"false","_retry":1}`,
		"+w^error":     `{"echo>":"oh"}`,
	}
	delete(configs, "+w^failure-alert") // which nobody wrote
	if diff := cmp.Diff(want, configs); diff != "" {
		t.Errorf("the configurations (-want +got):\n%s", diff)
	}
}

func TestATaskThatIsTakenOverIsAsOldAsWhereItRan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n+b:\n  echo>: 2\n+c:\n  echo>: 3\n")
	w.start("2026-03-01T00:00:00Z")
	w.begin(1)
	w.succeed(1, "+w+a", noParams) // at noon
	w.succeed(1, "+w+b", noParams)
	w.fail(1, "+w+c", "no")
	w.succeed(1, "+w^failure-alert", noParams)
	replay := func(id model.AttemptID, task string) {
		w.apply(id, report(t, task, engine.Command{Kind: engine.Succeed, Result: &engine.Result{Replayed: true}}))
	}
	resume := func(name, what string) {
		w.clock.advance(time.Hour)
		w.ask(200, "PUT", "/api/attempts", fmt.Sprintf(
			`{"workflowId":1,"sessionTime":"2026-03-01T00:00:00Z","retryAttemptName":%q,"resume":%s,"params":{}}`, name, what))
	}
	resume("second", `{"mode":"from","attemptId":1,"from":"+b"}`)
	w.begin(2)
	replay(2, "+w+a")
	w.succeed(2, "+w+b", noParams) // again, at one
	w.fail(2, "+w+c", "no")
	w.succeed(2, "+w^failure-alert", noParams)
	resume("third", `{"mode":"failed","attemptId":2}`)
	w.begin(3)
	replay(3, "+w+a")
	replay(3, "+w+b")
	w.succeed(3, "+w+c", noParams) // at two

	var got struct {
		Tasks []struct{ FullName, UpdatedAt string }
	}
	must(t, json.Unmarshal([]byte(w.ask(200, "GET", "/api/attempts/3/tasks", "")), &got))
	times := make(map[string]string)
	for _, task := range got.Tasks {
		times[task.FullName] = task.UpdatedAt
	}
	want := map[string]string{
		"+w": "2026-03-08T14:00:00Z", "+w+a": "2026-03-08T12:00:00Z", "+w+b": "2026-03-08T13:00:00Z", "+w+c": "2026-03-08T14:00:00Z",
	}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Errorf("the times (-want +got):\n%s", diff)
	}
}
