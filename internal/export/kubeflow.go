package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// writeKubeflow writes a program that compiles the pipeline, and the tasks that it
// reads: the compiled form differs with the version of Kubeflow.
func writeKubeflow(e *Environment, j *Job) (Written, error) {
	names := labels(j.Nodes, "_-")
	tasks := make([]params.Value, len(j.Nodes))
	for i, n := range j.Nodes {
		tasks[i] = params.Of("name", names[n.Name], "upstream", values(named(names, n.Upstream)), "command", j.withArguments(n), "image", j.imageOf(n.Name))
	}
	project := strings.ToLower(label(j.Project, "-"))
	return Written{
		Files: []File{
			{Name: "kubeflow.json", Text: indented(params.Of("name", project, "tasks", tasks))},
			{Name: "kubeflow_pipeline.py", Text: j.kubeflowProgram()},
			e.buildScript(j.Images),
		},
		Next: "python " + e.Name + "/kubeflow_pipeline.py, which compiles " + e.Name + "/kubeflow_pipeline.yaml",
	}, nil
}

// kubeflowProgram is the program for the inputs of a job, which are the pipeline's
// parameters.
func (j *Job) kubeflowProgram() string {
	var required, others, given, values, names []string
	for i, in := range j.Inputs {
		if in.fixed() {
			required = append(required, in.id+": str")
		} else {
			others = append(others, in.id+": str = "+pythonText(in.fallback()))
		}
		given = append(given, fmt.Sprintf("input%d: str", i))
		names = append(names, fmt.Sprintf("input%d", i))
		values = append(values, in.id)
	}
	args := "[command]"
	if len(names) > 0 {
		args = `[command, "sh", ` + strings.Join(names, ", ") + "]"
	}
	return strings.NewReplacer(
		"SIGNATURE", strings.Join(append(required, others...), ", "), "VALUES", strings.Join(values, ", "),
		"COMPONENT", strings.Join(append([]string{"command: str"}, given...), ", "), "ARGS", args,
	).Replace(kubeflowTemplate)
}

// pythonText writes a text as Python reads it: as JSON, whose escapes it has, too.
func pythonText(text string) string { return string(params.AppendJSON(nil, text)) }

const kubeflowTemplate = `"""Compiles the tasks in kubeflow.json, which each export writes, with version 2 of
the kfp package."""

import json
from pathlib import Path

from kfp import compiler, dsl

folder = Path(__file__).parent
spec = json.loads((folder / "kubeflow.json").read_text())


def component(image):
    @dsl.container_component
    def run_task(COMPONENT):
        return dsl.ContainerSpec(image=image, command=["sh", "-c"], args=ARGS)

    return run_task


components = {image: component(image) for image in {task["image"] for task in spec["tasks"]}}


def _run(*values):
    inputs = {f"input{i}": value for i, value in enumerate(values)}
    jobs = {}
    for task in spec["tasks"]:
        job = components[task["image"]](command=task["command"], **inputs)
        job.set_display_name(task["name"])
        job.set_caching_options(False)  # whether it is up to date, each task knows
        job.after(*[jobs[name] for name in task["upstream"]])
        jobs[task["name"]] = job


@dsl.pipeline(name=spec["name"])
def pipeline(SIGNATURE):
    _run(VALUES)


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, str(folder / "kubeflow_pipeline.yaml"))
`

// indented is JSON for people.
func indented(m params.Map) string {
	var b bytes.Buffer
	_ = json.Indent(&b, params.AppendJSON(nil, m), "", "  ") // it was just written
	b.WriteByte('\n')
	return b.String()
}
