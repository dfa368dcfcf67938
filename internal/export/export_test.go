package export_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/export"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// chain is a -> b -> d, a -> c -> d, of which c and d are outdated; d is first in
// the list.
func chain() []export.Node {
	task := func(name string, outdated bool, upstream ...string) export.Node {
		return export.Node{Name: name, Upstream: upstream, Outdated: outdated, Command: []string{"pawl", "task", name}}
	}
	return []export.Node{task("d", true, "b", "c"), task("a", false), task("b", false, "a"), task("c", true, "a")}
}

func TestModesSelectNodesAndTheEdgesBetweenThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode export.Mode
		task string
		want string
		code model.Code
	}{
		{mode: export.Regular, want: "a[] b[a] c[a] d[b c]"},
		{mode: export.Force, want: "a[] b[a] c[a] d[b c]"},
		{mode: export.Incremental, want: "c[] d[c]"},
		{mode: export.Incremental, task: "d", want: "d[]"},
		{mode: export.Regular, task: "b", want: "b[]"},
		{mode: export.Incremental, task: "b", code: model.Conflict},
		{mode: export.Force, task: "x", code: model.NotFound},
	} {
		got, err := export.Select(chain(), tt.mode, tt.task)
		if tt.code != 0 {
			if model.CodeOf(err) != tt.code {
				t.Errorf("%s %s: error %v, want the code %v", tt.mode, tt.task, err, tt.code)
			}
			continue
		}
		var words []string
		for _, n := range got {
			words = append(words, n.Name+fmt.Sprint(n.Upstream))
		}
		if text := strings.Join(words, " "); err != nil || text != tt.want {
			t.Errorf("%s %s: %s (%v), want %s", tt.mode, tt.task, text, err, tt.want)
		}
	}
	current := chain()[1:3]
	if _, err := export.Select(current, export.Incremental, ""); model.CodeOf(err) != model.Conflict {
		t.Errorf("nothing is outdated, and the error is %v", err)
	}
}

// read returns an environment of some settings.
func read(t *testing.T, settings string) *export.Environment {
	t.Helper()
	e, err := export.Read("env", export.SettingsFile, []byte("env:\n"+settings))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// written returns the files of an export by their names.
func written(t *testing.T, e *export.Environment, j *export.Job) map[string]string {
	t.Helper()
	w, err := e.Write(j)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, f := range w.Files {
		files[f.Name] = f.Text
	}
	return files
}

// job is an export of the chain with some images.
func job(images ...export.Image) *export.Job {
	nodes, err := export.Select(chain(), export.Regular, "")
	if err != nil {
		panic(err)
	}
	return &export.Job{Project: "Sales_eu", Nodes: nodes, Images: images, Template: func(name string) (string, error) {
		return "", fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}}
}

func TestSettingsAreRefusedWhereTheyAreWritten(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"  backend: argo\n":                                             `2:12: there is no backend "argo"`,
		"  repository: x\n":                                             "1:1: the environment has no backend",
		"  backend: slurm\n  repositry: x\n":                            `3:3: slurm has no setting "repositry"`,
		"  backend: slurm\n  repository: x\n":                           `3:3: slurm has no setting "repository"`,
		"  backend: kubeflow\n  repository: your-repository/name\n":     "3:15: the repository is still that of the example",
		"  backend: airflow\n  preset: bsh\n":                           `3:11: there is no preset "bsh"`,
		"  backend: aws-batch\n":                                        "1:1: AWS Batch needs job_queue and region_name",
		"  backend: argo-workflows\n  include: a\n":                     "3:12: this has to be a list of files and folders",
		"  backend: argo-workflows\n  mounted_volumes: [{name: nfs}]\n": "3:21: a volume needs a name and a spec",
		"  backend: aws-batch\n  job_queue: q\n  region_name: r\n  task_resources: {a: {cpus: 1}}\n":     `5:24: there is no resource "cpus"`,
		"  backend: aws-batch\n  job_queue: q\n  region_name: r\n  task_resources: {a: {memory: x}}\n":   "5:32: memory is a number",
		"  backend: aws-batch\n  job_queue: q\n  region_name: r\n  container_properties: {image: x}\n":   "5:25: the image follows from the repository",
		"  backend: aws-batch\n  job_queue: q\n  region_name: r\n  task_resources: {'[': {memory: 1}}\n": `5:20: "[" is no pattern of task names`,
	} {
		_, err := export.Read("env", "f", []byte("env:\n"+settings))
		if err == nil || !strings.HasPrefix(err.Error(), "f:"+want) {
			t.Errorf("%s: error %v, want f:%s", settings, err, want)
		}
	}
	if _, err := export.Read("evn", "f", []byte("env:\n  backend: slurm\n")); model.CodeOf(err) != model.NotFound || !strings.Contains(model.HintsOf(err), `"env"`) {
		t.Errorf("a section that is not there: %v, hint %q", err, model.HintsOf(err))
	}
}

// What an export makes anew is removed before, in the folder of that name.
func TestAnEnvironmentIsAFolderOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{".", "..", "../other", "a/b", "/tmp", ".git", `""`} {
		text := []byte(name + ":\n  backend: slurm\n")
		_, err := export.Read(strings.Trim(name, `"`), "f", text)
		if err == nil || !strings.HasPrefix(err.Error(), "f:1:1: an environment can't be called") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestOnlyTheTaskOfACommandVaries(t *testing.T) {
	t.Parallel()
	j := job()
	j.Nodes = nil
	for _, name := range []string{"pawl", "task", "fit", "b"} {
		j.Nodes = append(j.Nodes, export.Node{Name: name, Command: []string{"pawl", "task", name, "--entry-point", "fit", "--env--x", name}})
	}
	for i := range j.Nodes {
		one := *j
		one.Nodes = append(one.Nodes[i:], one.Nodes[:i]...)
		name := one.Nodes[0].Name
		want := "pawl task {{inputs.parameters.task_name}} --entry-point fit --env--x " + name
		if text := written(t, read(t, "  backend: argo-workflows\n  repository: null\n"), &one)["argo.yaml"]; !strings.Contains(text, want) {
			t.Errorf("%s is first: no %s in\n%s", name, want, text)
		}
	}
}

func TestAPatternWithoutTasksIsAnError(t *testing.T) {
	t.Parallel()
	const batch = "  backend: aws-batch\n  job_queue: q\n  region_name: r\n"
	e := read(t, batch+"  task_resources:\n    fit-*: {vcpus: 4}\n")
	if err := e.Check([]string{"load", "fit-1"}); err != nil {
		t.Error(err)
	}
	err := e.Check([]string{"load", "train"})
	var at *document.Error
	if !errors.As(err, &at) || at.Line != 6 {
		t.Errorf("no task is like fit-*: error %v", err)
	}
	images := []export.Image{{Pattern: "fit-*", Lock: "requirements.fit-__.lock.txt"}, {}}
	if err := export.CheckImages(images, []string{"load"}); model.CodeOf(err) != model.Invalid {
		t.Errorf("no task needs the image: error %v", err)
	}
}

func TestImagesFollowFromLockFiles(t *testing.T) {
	t.Parallel()
	e := read(t, "  backend: kubeflow\n  repository: reg/team/p\n")
	got, err := e.Images([]string{"environment.lock.yml", "requirements.fit-__.lock.txt", "requirements.lock.txt", "requirements.txt"}, "p", "v1")
	want := []export.Image{
		{Pattern: "fit-*", Lock: "requirements.fit-__.lock.txt", Name: "reg/team/p:v1-fit-any"},
		{Lock: "requirements.lock.txt", Name: "reg/team/p:v1"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := read(t, "  backend: kubeflow\n").Images([]string{"environment.lock.yml"}, "Sales eu", "latest"); err != nil || got[0].Name != "sales-eu:latest" || got[0].LockName() != "environment.lock.yml" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := read(t, "  backend: kubeflow\n  repository: reg:5000/p:2\n").Images([]string{"requirements.lock.txt"}, "p", "v1"); err != nil || got[0].Name != "reg:5000/p:2" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := e.Images([]string{"requirements.fit.lock.txt"}, "p", "v1"); model.CodeOf(err) != model.Invalid {
		t.Errorf("there is no image for other tasks, and the error is %v", err)
	}
}

// at returns what is at a path of keys and places.
func at(t *testing.T, v params.Value, path ...any) params.Value {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(params.Map)
			v, _ = m.Get(step)
		case int:
			list, _ := v.([]params.Value)
			if step >= len(list) {
				t.Fatalf("no item %d in %v", step, list)
			}
			v = list[step]
		}
	}
	return v
}

// fields makes sure that a mapping has no other keys: those of the documented type.
func fields(t *testing.T, v params.Value, allowed ...string) {
	t.Helper()
	m, ok := v.(params.Map)
	if !ok {
		t.Fatalf("%v is no mapping", v)
	}
	for key := range m.All() {
		if !strings.Contains(" "+strings.Join(allowed, " ")+" ", " "+key+" ") {
			t.Errorf("there is no field %s: %v", key, allowed)
		}
	}
}

func TestArgoGetsAWorkflow(t *testing.T) {
	t.Parallel()
	e := read(t, "  backend: argo-workflows\n  repository: null\n  mounted_volumes:\n    - name: nfs\n      sub_path: data/{{project_name}}\n      spec: {persistentVolumeClaim: {claimName: nfs}}\n")
	j := job(export.Image{Pattern: "c*", Name: "c:1"}, export.Image{Name: "p:1"})
	j.Nodes[0].Name, j.Nodes[1].Upstream[0], j.Nodes[2].Upstream[0] = "a_1 x", "a_1 x", "a_1 x"
	j.Nodes[0].Command[2] = "a_1 x"
	n, err := document.Format{Scalars: document.Python}.Parse("argo.yaml", []byte(written(t, e, j)["argo.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	w := n.Value()
	fields(t, w, "apiVersion", "kind", "metadata", "spec")
	fields(t, at(t, w, "spec"), "entrypoint", "templates", "volumes")
	script := at(t, w, "spec", "templates", 0)
	fields(t, script, "name", "inputs", "script")
	fields(t, at(t, script, "script"), "image", "command", "source", "imagePullPolicy", "volumeMounts")
	task := at(t, w, "spec", "templates", 1, "dag", "tasks", 1)
	fields(t, task, "name", "dependencies", "template", "arguments")
	for _, tt := range []struct {
		got  params.Value
		want string
	}{
		{at(t, w, "apiVersion"), "argoproj.io/v1alpha1"},
		{at(t, w, "kind"), "Workflow"},
		{at(t, w, "metadata", "generateName"), "sales-eu-"},
		{at(t, w, "spec", "entrypoint"), "dag"},
		{at(t, w, "spec", "volumes", 0, "persistentVolumeClaim", "claimName"), "nfs"},
		{at(t, script, "script", "image"), "{{inputs.parameters.image}}"},
		{at(t, script, "script", "source"), "pawl task {{inputs.parameters.task_name}}\n"},
		{at(t, script, "script", "imagePullPolicy"), "Never"},
		{at(t, script, "script", "volumeMounts", 0, "mountPath"), "/mnt/nfs"},
		{at(t, script, "script", "volumeMounts", 0, "subPath"), "data/Sales_eu"},
		{at(t, w, "spec", "templates", 1, "dag", "tasks", 0, "name"), "a-1-x"},
		{at(t, w, "spec", "templates", 1, "dag", "tasks", 0, "arguments", "parameters", 0, "value"), "'a_1 x'"},
		{at(t, task, "dependencies", 0), "a-1-x"},
		{at(t, task, "template"), "run-task"},
		{at(t, w, "spec", "templates", 1, "dag", "tasks", 2, "arguments", "parameters", 1, "value"), "c:1"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %v, want %s", tt.got, tt.want)
		}
	}
}

func TestBatchJobsWaitForOthers(t *testing.T) {
	t.Parallel()
	e := read(t, "  backend: aws-batch\n  job_queue: q\n  region_name: r\n  task_resources:\n    c: {vcpus: 2, memory: 512}\n    '*': {gpu: 1}\n")
	files := written(t, e, job(export.Image{Name: "p:1"}))
	v, err := params.ParseJSON([]byte(files["jobs/c.json"]))
	if err != nil {
		t.Fatal(err)
	}
	fields(t, v, "jobName", "jobQueue", "containerOverrides")
	want := `{"command":["pawl","task","c"],"resourceRequirements":[{"type":"VCPU","value":"2"},{"type":"MEMORY","value":"512"}]}`
	if got := string(params.AppendJSON(nil, at(t, v, "containerOverrides"))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(files["jobs/a.json"], `"GPU"`) || !strings.Contains(files["definitions/default.json"], `"memory": 16384`) {
		t.Errorf("got %s and %s", files["jobs/a.json"], files["definitions/default.json"])
	}
	many := job(export.Image{Name: "p:1"})
	for i := range 21 {
		many.Nodes = append(many.Nodes, export.Node{Name: fmt.Sprint(i)})
		many.Nodes[0].Upstream = append(many.Nodes[0].Upstream, fmt.Sprint(i))
	}
	if _, err := e.Write(many); model.CodeOf(err) != model.Invalid {
		t.Errorf("a job that waits for 21 others: error %v", err)
	}
}

func TestSLURMChoosesAScriptForEachTask(t *testing.T) {
	t.Parallel()
	e := read(t, "  backend: slurm\n")
	j := job()
	texts := map[string]string{
		"template.sh": "all {{name}} {{command}}", "b.sh": "own {{name}} {{command}}", "c__.sh": "some {{name}}: {{command}}\n", "submit.sh": "",
	}
	j.Templates = []string{"b.sh", "c__.sh", "submit.sh", "template.sh"}
	j.Template = func(name string) (string, error) { return texts[name], nil }
	files := written(t, e, j)
	for name, want := range map[string]string{
		"jobs/a.sh": "all a pawl task a\n", "jobs/b.sh": "own b pawl task b\n", "jobs/c.sh": "some c: pawl task c\n",
	} {
		if files[name] != want {
			t.Errorf("%s is %q, want %q", name, files[name], want)
		}
	}
	texts["template.sh"] = "{{name}}"
	if _, err := e.Write(j); err == nil || err.Error() != "template.sh has no {{command}}" {
		t.Errorf("error %v", err)
	}
}

func TestAddingLeavesOtherSectionsAsTheyAre(t *testing.T) {
	t.Parallel()
	const old = "# mine\nlocal:\n  backend: slurm\n"
	all, files, err := export.Add("f", []byte(old), export.New{Name: "prod", Backend: "airflow", Preset: "bash", Project: "p"})
	if want := old + "\nprod:\n  backend: airflow\n  preset: bash\n"; err != nil || all != want {
		t.Errorf("%v, got %q, want %q", err, all, want)
	}
	if len(files) != 1 || files[0].Name != "p.py" {
		t.Errorf("files: %v", files)
	}
	for _, n := range []export.New{
		{Name: "local", Backend: "slurm"}, {Name: "a/b", Backend: "slurm"}, {Name: "x", Backend: "lambda"},
		{Name: "x", Backend: "slurm", Preset: "bash"}, {Name: "x", Backend: "airflow", Preset: "bsh"},
	} {
		if _, _, err := export.Add("f", []byte(old), n); model.CodeOf(err) != model.Invalid {
			t.Errorf("%+v: error %v", n, err)
		}
	}
	if _, _, err := export.Add("f", []byte("{a: {backend: slurm}}"), export.New{Name: "x", Backend: "slurm"}); !strings.Contains(model.HintsOf(err), "x:\n  backend: slurm") {
		t.Errorf("a file in flow style: error %v, hint %q", err, model.HintsOf(err))
	}
}
