package export

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
)

// runTask is the template that each task of Argo is an instance of.
const runTask = "run-task"

// writeArgo writes a Workflow: a script template, and a DAG whose tasks are
// instances of it.
func writeArgo(e *Environment, j *Job) (Written, error) {
	names := labels(j.Nodes, "-")
	tasks := make([]params.Value, len(j.Nodes))
	for i, n := range j.Nodes {
		given := []params.Value{params.Of("name", "task_name", "value", process.Quote(n.Name))}
		if len(j.Images) > 1 {
			given = append(given, params.Of("name", "image", "value", j.imageOf(n.Name)))
		}
		task := params.Of("name", names[n.Name])
		if len(n.Upstream) > 0 {
			task = task.Set("dependencies", values(named(names, n.Upstream)))
		}
		tasks[i] = task.Set("template", runTask).Set("arguments", params.Of("parameters", given))
	}
	project := strings.Trim(strings.ToLower(label(j.Project, "-")), "-")
	spec := params.Of("entrypoint", "dag")
	if len(j.Inputs) > 0 {
		spec = spec.Set("arguments", params.Of("parameters", j.argoParameters()))
	}
	if len(e.volumes) > 0 {
		spec = spec.Set("volumes", e.claims())
	}
	spec = spec.Set("templates", []params.Value{e.script(j), params.Of("name", "dag", "dag", params.Of("tasks", tasks))})
	workflow := params.Of(
		"apiVersion", "argoproj.io/v1alpha1",
		"kind", "Workflow",
		"metadata", params.Of("generateName", project+"-"),
		"spec", spec,
	)
	return Written{
		Files: []File{{Name: "argo.yaml", Text: string(document.AppendYAML(nil, workflow, ""))}, e.buildScript(j.Images)},
		Next:  "argo submit -n argo " + e.Name + "/argo.yaml",
	}, nil
}

// script is the template that runs one task. The command of a node is the same
// but for the name of its task.
func (e *Environment) script(j *Job) params.Map {
	inputs := []params.Value{params.Of("name", "task_name")}
	image := j.imageOf("")
	if len(j.Images) > 1 {
		inputs, image = append(inputs, params.Of("name", "image")), "{{inputs.parameters.image}}"
	}
	script := params.Of("image", image, "command", []params.Value{"sh"}, "source", j.anyCommand("{{inputs.parameters.task_name}}")+"\n")
	if e.Repository == "" {
		script = script.Set("imagePullPolicy", "Never")
	}
	if len(j.Inputs) > 0 {
		env := make([]params.Value, len(j.Inputs))
		for i, in := range j.Inputs {
			env[i] = params.Of("name", in.variable(), "value", "{{workflow.parameters."+in.id+"}}")
		}
		script = script.Set("env", env)
	}
	if len(e.volumes) > 0 {
		script = script.Set("volumeMounts", e.mounts(j.Project))
	}
	return params.Of("name", runTask, "inputs", params.Of("parameters", inputs), "script", script)
}

// argoParameters are the inputs. Argo asks for the values of those that have none.
func (j *Job) argoParameters() []params.Value {
	list := make([]params.Value, len(j.Inputs))
	for i, in := range j.Inputs {
		m := params.Of("name", in.id)
		if !in.fixed() {
			m = m.Set("value", in.fallback())
		}
		list[i] = in.about(m)
	}
	return list
}

// anyCommand is the command of the nodes with something in the place of the task.
func (j *Job) anyCommand(task string) string {
	n := j.Nodes[0]
	if len(j.Inputs) > 0 {
		return j.line(n)
	}
	words := make([]string, len(n.Command))
	for i, w := range n.Command {
		words[i] = process.Quote(w)
	}
	if at := slices.Index(n.Command, "task") + 1; at > 0 && at < len(words) {
		words[at] = task
	}
	return strings.Join(words, " ")
}

func (e *Environment) claims() []params.Value {
	list := make([]params.Value, len(e.volumes))
	for i, v := range e.volumes {
		m := params.Of("name", v.name)
		for key, value := range v.spec.All() {
			m = m.Set(key, value)
		}
		list[i] = m
	}
	return list
}

// mounts are the volumes as a container sees them: at /mnt/NAME.
func (e *Environment) mounts(project string) []params.Value {
	list := make([]params.Value, len(e.volumes))
	for i, v := range e.volumes {
		m := params.Of("name", v.name, "mountPath", "/mnt/"+v.name)
		if v.subPath != "" {
			m = m.Set("subPath", strings.NewReplacer("{{project_name}}", project, "{{ project_name }}", project).Replace(v.subPath))
		}
		list[i] = m
	}
	return list
}

func values(texts []string) []params.Value {
	list := make([]params.Value, len(texts))
	for i, t := range texts {
		list[i] = t
	}
	return list
}
