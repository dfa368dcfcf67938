package compat_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// show writes down what became of an attempt: each task with its state, what
// it printed in each of its tries, what it gave and why it failed. Tasks stand
// below their parents: in which order tasks beside each other make others is
// a matter of time.
func show(t *testing.T, in *instance.Instance, a *engine.Attempt) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "attempt %s\n", a.Row().State)
	for _, v := range byParent(a) {
		if v.Name == a.Task(0).Name+"^failure-alert" {
			continue // the same in every attempt that failed
		}
		fmt.Fprintf(&b, "%s %s%s\n", v.Name, v.State, marks(v))
		if !v.Node.IsGroup() {
			printed(t, &b, in, v)
		}
		details(&b, v.Detail)
	}
	return b.String()
}

// byParent returns the tasks depth first, those of one parent in order of id.
func byParent(a *engine.Attempt) []engine.View {
	kids := make(map[model.TaskID][]engine.View)
	for v := range a.Tasks() {
		kids[v.Parent] = append(kids[v.Parent], v)
	}
	var list []engine.View
	var visit func(parent model.TaskID)
	visit = func(parent model.TaskID) {
		for _, v := range kids[parent] {
			list = append(list, v)
			visit(v.ID)
		}
	}
	visit(model.NoTask)
	return list
}

func marks(v engine.View) string {
	var s string
	if v.Flags&engine.Replayed != 0 {
		s += ", replayed"
	}
	if v.Retries > 0 {
		s += fmt.Sprintf(", retries %d", v.Retries)
	}
	if v.Retired {
		s += ", retired"
	}
	return s
}

// printed writes the output of a task's tries. A program's output may be
// written in several pieces, but is whole once the task has ended.
func printed(t *testing.T, b *strings.Builder, in *instance.Instance, v engine.View) {
	t.Helper()
	for try := int32(1); try <= v.Try; try++ {
		log, err := in.Logs().Open(t.Context(), model.TryID{Attempt: v.Attempt, Task: v.ID, Try: try}, v.Name, logs.Show{})
		if model.CodeOf(err) == model.NotFound && err != nil {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(log)
		if err := errors.Join(err, log.Close()); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			fmt.Fprintf(b, "  | %s\n", strings.TrimRight(line, " \n"))
		}
	}
}

func details(b *strings.Builder, d *engine.Detail) {
	if d == nil {
		return
	}
	if d.Export.Len() > 0 {
		fmt.Fprintf(b, "  export %s\n", params.AppendJSON(nil, d.Export))
	}
	if len(d.Reset) > 0 {
		fmt.Fprintf(b, "  reset %s\n", strings.Join(d.Reset, " "))
	}
	if d.Store.Len() > 0 {
		fmt.Fprintf(b, "  store %s\n", params.AppendJSON(nil, d.Store))
	}
	if message, _ := d.Error.Get("message"); message != nil {
		text, _ := params.ToString(message)
		fmt.Fprintf(b, "  error: %s\n", strings.ReplaceAll(text, "\n", "\n    "))
	}
}
