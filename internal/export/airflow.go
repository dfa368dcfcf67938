package export

import (
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// presets are the kinds of operators of Airflow, the default first.
var presets = []string{"kubernetes", "docker", "bash"}

func (e *Environment) airflowContainers() bool { return e.Preset != "bash" }

// airflowStarters is the DAG, which people may edit: the tasks, it reads from what
// each export writes.
func airflowStarters(e *Environment, project string) []File {
	preset := e.Preset
	if preset == "" {
		preset = presets[0]
	}
	id := label(project, "_.-")
	return []File{{Name: id + ".py", Text: strings.NewReplacer("PROJECT", id).Replace(airflowHead + airflowPresets[preset] + airflowTail)}}
}

const airflowHead = `"""The pipeline PROJECT as a DAG. Each export writes PROJECT.json with its tasks;
this file is yours to edit."""

import json
from datetime import datetime
from pathlib import Path

from airflow import DAG

try:
    from airflow.sdk import Param
except ImportError:  # Airflow 2
    from airflow.models.param import Param
`

const airflowTail = `
spec = json.loads((Path(__file__).parent / "PROJECT.json").read_text())

with DAG(
    dag_id="PROJECT",
    description="The pipeline PROJECT",
    start_date=datetime(2021, 1, 1),
    schedule=None,
    catchup=False,
    # Runs are asked for those that have no default.
    params={name: Param(**rules) for name, rules in spec.get("params", {}).items()},
) as dag:
    tasks = {task["name"]: operator(task) for task in spec["tasks"]}
    for task in spec["tasks"]:
        for upstream in task["upstream"]:
            tasks[task["name"]].set_upstream(tasks[upstream])
`

// airflowPresets make an operator of a task.
var airflowPresets = map[string]string{
	"kubernetes": `from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator


def operator(task):
    # Without a client for files, tasks share their products by volumes and
    # volume_mounts, which go here.
    return KubernetesPodOperator(
        task_id=task["name"],
        name="PROJECT-" + task["name"].lower().replace("_", "-").replace(".", "-"),
        image=task.get("image", spec["image"]),
        cmds=["sh", "-c"],
        arguments=[task["command"]],
        env_vars=task.get("env", {}),
        do_xcom_push=False,
    )

`,
	"docker": `from airflow.providers.docker.operators.docker import DockerOperator


def operator(task):
    return DockerOperator(
        task_id=task["name"],
        image=task.get("image", spec["image"]),
        command=["sh", "-c", task["command"]],
        environment=task.get("env", {}),
    )

`,
	"bash": `try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:  # Airflow 2
    from airflow.operators.bash import BashOperator


def operator(task):
    # The folder of this file is one of the project.
    return BashOperator(
        task_id=task["name"],
        bash_command=task["command"],
        env=task.get("env", {}),
        append_env=True,
        cwd=str(Path(__file__).parent.parent),
    )

`,
}

// writeAirflow writes what the DAG reads.
func writeAirflow(e *Environment, j *Job) (Written, error) {
	id := label(j.Project, "_.-")
	dag, err := j.Template(id + ".py")
	if err != nil {
		return Written{}, model.Errorf(model.NotFound, "there is no %s/%s.py, the DAG that reads what is exported", e.Name, id).
			WithHint("`pawl export add` makes one with a new environment")
	}
	if len(j.Inputs) > 0 && !strings.Contains(dag, `"params"`) {
		return Written{}, model.Errorf(model.Invalid, "%s/%s.py does not read params, which the inputs of the workflow become", e.Name, id).
			WithHint("`pawl export add` with another name makes one that does")
	}
	names := labels(j.Nodes, "_.-")
	tasks := make([]params.Value, len(j.Nodes))
	for i, n := range j.Nodes {
		task := params.Of("name", names[n.Name], "upstream", values(named(names, n.Upstream)), "command", j.line(n))
		if len(j.Images) > 1 {
			task = task.Set("image", j.imageOf(n.Name))
		}
		if len(j.Inputs) > 0 {
			var env params.Map
			for _, in := range j.Inputs {
				env = env.Set(in.variable(), "{{ params['"+in.id+"'] }}")
			}
			task = task.Set("env", env)
		}
		tasks[i] = task
	}
	spec := params.Of("tasks", tasks)
	if len(j.Inputs) > 0 {
		var all params.Map
		for _, in := range j.Inputs {
			m := params.Of("type", "string")
			if !in.fixed() {
				m = m.Set("default", in.fallback())
			}
			all = all.Set(in.id, in.about(m))
		}
		spec = spec.Set("params", all)
	}
	if len(j.Images) > 0 {
		spec = spec.Set("image", j.imageOf(""))
	}
	w := Written{
		Files: []File{{Name: id + ".json", Text: indented(spec)}},
		Next:  "cp " + e.Name + "/" + id + ".* \"$AIRFLOW_HOME/dags\"",
	}
	if e.Containers() {
		w.Files = append(w.Files, e.buildScript(j.Images))
	} else {
		w.Next = "airflow dags trigger " + id + ", where the project is in $AIRFLOW_HOME/dags"
	}
	return w, nil
}
