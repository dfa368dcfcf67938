package export

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// writeKubeflow writes a program that compiles the pipeline, and the tasks that it
// reads: the compiled form differs with the version of Kubeflow.
func writeKubeflow(e *Environment, j *Job) (Written, error) {
	names := labels(j.Nodes, "_-")
	tasks := make([]params.Value, len(j.Nodes))
	for i, n := range j.Nodes {
		tasks[i] = params.Of("name", names[n.Name], "upstream", values(named(names, n.Upstream)), "command", quoted(n.Command), "image", j.imageOf(n.Name))
	}
	project := strings.ToLower(label(j.Project, "-"))
	return Written{
		Files: []File{
			{Name: "kubeflow.json", Text: indented(params.Of("name", project, "tasks", tasks))},
			{Name: "kubeflow_pipeline.py", Text: kubeflowProgram},
			e.buildScript(j.Images),
		},
		Next: "python " + e.Name + "/kubeflow_pipeline.py, which compiles " + e.Name + "/kubeflow_pipeline.yaml",
	}, nil
}

const kubeflowProgram = `"""Compiles the tasks in kubeflow.json, which each export writes, with version 2 of
the kfp package."""

import json
from pathlib import Path

from kfp import compiler, dsl

folder = Path(__file__).parent
spec = json.loads((folder / "kubeflow.json").read_text())


def component(image):
    @dsl.container_component
    def run_task(command: str):
        return dsl.ContainerSpec(image=image, command=["sh", "-c"], args=[command])

    return run_task


components = {image: component(image) for image in {task["image"] for task in spec["tasks"]}}


@dsl.pipeline(name=spec["name"])
def pipeline():
    jobs = {}
    for task in spec["tasks"]:
        job = components[task["image"]](command=task["command"])
        job.set_display_name(task["name"])
        job.set_caching_options(False)  # whether it is up to date, each task knows
        job.after(*[jobs[name] for name in task["upstream"]])
        jobs[task["name"]] = job


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
