package memo

import (
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Asked is a task whose version is asked for.
type Asked struct {
	*operator.Task
	// Reads are the parameters that its operator reads; nil is any.
	Reads []string
}

// tracked are the parameters that change what a task does, wherever they are set.
var tracked = []string{"_command", "_env", "_workdir", "python", "ruby", "require", "shell"}

// ofRun are the parameters that every task sees and that tell of its run.
var ofRun = []string{"project_id", "session_id", "attempt_id", "session_uuid", "task_name", "retry_attempt_name"}

// programs is the operator of processes in Go, which see all parameters of a run, and
// itself where their code is.
const programs = "go"

// Version returns what the results of a task follow from, or why that can't be known.
func Version(t Asked, m workflow.Memo) (parts Parts, why string, err error) {
	parts = Parts{"operator": t.Type}
	if m.Version != "" {
		parts["version"] = m.Version
	}
	if err := addFiles(t.Workdir, m.Files, parts); err != nil {
		return nil, "", err
	}
	inputs := m.Inputs
	switch {
	case m.IfMissing:
		parts["task"] = t.Name
	default:
		takes, why, err := t.code(m, parts)
		if err != nil || why != "" {
			return nil, why, err
		}
		if why := t.configuration(m, parts); why != "" {
			return nil, why, nil
		}
		if inputs == nil {
			inputs = takes
		}
	}
	for _, name := range inputs {
		v, ok := t.input(name)
		if !ok {
			if m.Inputs == nil || t.Type == programs {
				continue // it has a default
			}
			return nil, "there is no parameter " + name, nil
		}
		text, why := canonical(v)
		if why != "" {
			return nil, "it takes " + name + ", " + why, nil
		}
		parts["input:"+name] = digest(text)
	}
	return parts, "", nil
}

// input returns a parameter that the task takes.
func (t Asked) input(name string) (params.Value, bool) {
	if t.Type == programs {
		return t.Scope.Get(name)
	}
	return t.Params.Get(name)
}

// code adds the code that the task runs, and returns which parameters it takes.
func (t Asked) code(m workflow.Memo, parts Parts) (takes []string, why string, err error) {
	takes = t.seen()
	command, _ := t.Params.StringOr("_command", "") // what is no text is configuration
	switch t.Type {
	case "py":
		code, names, all, found, err := pythonCode(t.Workdir, command)
		switch {
		case err != nil:
			return nil, "", err
		case found && !all:
			takes = names
		}
		if m.Version != "" {
			return takes, "", nil
		}
		if !found {
			return nil, "no file of the project has the function " + command + ": give it a version", nil
		}
		for name, text := range code {
			parts["code:"+name] = text
		}
	case "rb":
		if m.Version == "" {
			return nil, "code in Ruby is not read: give it a version", nil
		}
	case "sh":
		if m.Version == "" {
			why, err := t.commandCode(command, len(m.Files) > 0, parts)
			return takes, why, err
		}
	}
	return takes, "", nil
}

// seen returns the parameters that the task may read: of those that vary from run to
// run though nothing has changed, only those that it is said to take count.
func (t Asked) seen() (names []string) {
	if t.Type == programs {
		return slices.Sorted(t.Scope.Keys())
	}
	for _, name := range slices.Sorted(t.Params.Keys()) { // what is set nowhere but by default counts, too
		switch {
		case t.Reads != nil && !slices.Contains(t.Reads, name), strings.HasPrefix(name, "_"), ofSession(name), slices.Contains(ofRun, name):
			continue
		}
		names = append(names, name)
	}
	return names
}

// ofSession reports whether a parameter tells of the session.
func ofSession(name string) bool {
	return slices.ContainsFunc([]string{"session_", "last_session_", "next_session_", "last_executed_session_"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// configuration adds what the task itself says.
func (t Asked) configuration(m workflow.Memo, parts Parts) (why string) {
	said := make(map[string]params.Value)
	for key, v := range t.Local.All() {
		if !strings.HasPrefix(key, "_") {
			said[key] = v
		}
	}
	for _, key := range tracked {
		if v, ok := t.Params.Get(key); ok {
			said[key] = v
		}
	}
	if needs, ok := t.Params.Get(workflow.NeedsKey); ok {
		if of, isMap := needs.(params.Map); isMap && of.Has("image") {
			said["image of "+workflow.NeedsKey], _ = of.Get("image")
		}
	}
	if t.Type == programs && m.Version != "" {
		delete(said, "version") // of the process, which the step's takes the place of
	}
	for _, key := range slices.Sorted(maps.Keys(said)) {
		text, why := canonical(said[key])
		if why != "" {
			return key + " has " + why
		}
		parts["config:"+key] = digest(text)
	}
	return ""
}
