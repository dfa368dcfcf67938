package export_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/export"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/parts"
)

// shop is the export of a workflow: since has to be given, from has a default that a
// shell would read otherwise, and shop may be left out.
func shop(images ...export.Image) *export.Job {
	from := `it's "$HOME"`
	j := job(images...)
	j.Nodes = []export.Node{{Name: "shop", Command: []string{"pawl", "run", "shop.pawl.yaml"}, Outdated: true}}
	j.Inputs = []export.Input{
		{Name: "since", Description: "the first day", Required: true}, {Name: "from", Required: true, Default: &from}, {Name: "shop-1"},
	}
	j.Template = func(name string) (string, error) {
		if name == "template.sh" {
			return "#!/bin/sh\n# {{name}}\n{{command}}\n", nil
		}
		return `params = spec.get("params")`, nil
	}
	return j
}

const readsInputs = `pawl run shop.pawl.yaml --input "since=$INPUT_since" --input "from=$INPUT_from_" ${INPUT_shop_1:+--input "shop-1=$INPUT_shop_1"}`

func parsed(t *testing.T, text string) params.Value {
	t.Helper()
	v, err := params.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestInputsAreParametersOfTheTarget(t *testing.T) {
	t.Parallel()
	image := export.Image{Name: "shop:1"}
	e := read(t, "  backend: argo-workflows\n  repository: null\n")
	argo, err := document.ReadParams("argo.yaml", []byte(written(t, e, shop(image))["argo.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	want := params.Value([]params.Value{
		params.Of("name", "since", "description", "the first day"), params.Of("name", "from_", "value", `it's "$HOME"`), params.Of("name", "shop_1", "value", ""),
	})
	if diff := cmp.Diff(asText(want), asText(at(t, argo, "spec", "arguments", "parameters"))); diff != "" {
		t.Error(diff)
	}
	script := at(t, argo, "spec", "templates", 0, "script")
	if at(t, script, "source") != readsInputs+"\n" || asText(at(t, script, "env", 0)) != `{"name":"INPUT_since","value":"{{workflow.parameters.since}}"}` {
		t.Errorf("the script is %s", asText(script))
	}

	flow := parsed(t, written(t, read(t, "  backend: airflow\n  repository: null\n"), shop(image))["Sales_eu.json"])
	if got, want := asText(at(t, flow, "params")), `{"since":{"type":"string","description":"the first day"},"from_":{"type":"string","default":"it's \"$HOME\""},"shop_1":{"type":"string","default":""}}`; got != want {
		t.Errorf("params %s, want %s", got, want)
	}
	if got := asText(at(t, flow, "tasks", 0, "env", "INPUT_since")); got != `"{{ params['since'] }}"` || at(t, flow, "tasks", 0, "command") != readsInputs {
		t.Errorf("the task is %s", asText(at(t, flow, "tasks", 0)))
	}

	files := written(t, read(t, "  backend: aws-batch\n  repository: null\n  job_queue: q\n  region_name: r\n"), shop(image))
	definition := parsed(t, files["definitions/default.json"])
	if got, want := asText(at(t, definition, "parameters")), `{"from_":"it's \"$HOME\"","shop_1":""}`; got != want {
		t.Errorf("parameters %s, want %s", got, want)
	}
	command := asText(at(t, definition, "containerProperties", "command"))
	if !strings.HasSuffix(command, `"sh","Ref::since","Ref::from_","Ref::shop_1"]`) || strings.Contains(files["jobs/shop.json"], "command") || !strings.Contains(files["submit.sh"], `jobs/shop.json "$@")`) {
		t.Errorf("the command is %s, the job %s, and the script %s", command, files["jobs/shop.json"], files["submit.sh"])
	}

	files = written(t, read(t, "  backend: kubeflow\n  repository: null\n"), shop(image))
	program := files["kubeflow_pipeline.py"]
	for _, want := range []string{
		`def pipeline(since: str, from_: str = "it's \"$HOME\"", shop_1: str = ""):` + "\n    _run(since, from_, shop_1)",
		"def run_task(command: str, input0: str, input1: str, input2: str):", `args=[command, "sh", input0, input1, input2]`,
	} {
		if !strings.Contains(program, want) {
			t.Errorf("no %s in\n%s", want, program)
		}
	}
}

func asText(v params.Value) string { return string(params.AppendJSON(nil, v)) }

func TestADAGThatReadsNoParamsIsRefused(t *testing.T) {
	t.Parallel()
	j := shop(export.Image{Name: "shop:1"})
	j.Template = func(string) (string, error) { return "with DAG() as dag: pass", nil }
	_, err := read(t, "  backend: airflow\n  repository: null\n").Write(j)
	if model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), "does not read params") {
		t.Errorf("error %v", err)
	}
}

// What is generated for Python is read by it.
func TestProgramsInPythonCanBeRead(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		parts.Missing(t, err)
	}
	image := export.Image{Name: "shop:1"}
	texts := []string{
		written(t, read(t, "  backend: kubeflow\n  repository: null\n"), shop(image))["kubeflow_pipeline.py"],
		written(t, read(t, "  backend: kubeflow\n  repository: null\n"), job(image))["kubeflow_pipeline.py"],
	}
	for _, preset := range []string{"kubernetes", "docker", "bash"} {
		_, files, err := export.Add(export.SettingsFile, nil, export.New{Name: "flow", Backend: "airflow", Preset: preset, Project: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f.Name, ".py") {
				texts = append(texts, f.Text)
			}
		}
	}
	for _, text := range texts {
		cmd := exec.Command(python, "-c", "import ast, sys; ast.parse(sys.stdin.read())")
		cmd.Stdin = strings.NewReader(text)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, said, text)
		}
	}
	if len(texts) != 5 {
		t.Errorf("%d programs", len(texts))
	}
}

// Jobs of SLURM, and the commands of AWS Batch, hand values on as they are.
func TestShellsHandInputsOn(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no shell")
	}
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("bin/pawl", "#!/bin/sh\nprintf '%s|' \"$@\"\n")
	put("bin/sbatch", "#!/bin/sh\nfor last; do :; done\nsh \"$last\" > ran\necho 7\n")
	for name, text := range written(t, read(t, "  backend: slurm\n"), shop()) {
		put("env/"+name, text)
	}
	run := func(env []string, command ...string) (string, error) {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir, cmd.Env = dir, append([]string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH")}, env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	submit := func(env ...string) (string, error) {
		said, err := run(env, "/bin/sh", "env/submit.sh")
		if err != nil {
			return said, err
		}
		ran, err := os.ReadFile(filepath.Join(dir, "ran"))
		return string(ran), err
	}
	const first = `run|shop.pawl.yaml|--input|since=2024-01-01 $x|--input|from=`
	if said, err := submit("INPUT_since=2024-01-01 $x"); err != nil || said != first+`it's "$HOME"|` {
		t.Errorf("%s (%v)", said, err)
	}
	if said, err := submit("INPUT_since=2024-01-01 $x", "INPUT_from_=", "INPUT_shop_1=a  b"); err != nil || said != first+"|--input|shop-1=a  b|" {
		t.Errorf("%s (%v)", said, err)
	}
	if said, err := submit(); err == nil || !strings.Contains(said, "INPUT_since: has to be given") {
		t.Errorf("without what is required: %s (%v)", said, err)
	}
	files := written(t, read(t, "  backend: aws-batch\n  repository: null\n  job_queue: q\n  region_name: r\n"), shop(export.Image{Name: "shop:1"}))
	var command []string
	list, _ := at(t, parsed(t, files["definitions/default.json"]), "containerProperties", "command").([]params.Value)
	for _, word := range list {
		command = append(command, word.(string))
	}
	if said, err := run(nil, command...); err == nil || !strings.Contains(said, "since has to be given") {
		t.Errorf("without what is required: %s (%v)", said, err)
	}
	copy(command[len(command)-3:], []string{"2024-01-01 $x", "a", ""})
	if said, err := run(nil, command...); err != nil || said != first+"a|" {
		t.Errorf("%s (%v)", said, err)
	}
}
