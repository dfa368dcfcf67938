package python_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
)

func TestLibraryIsUnpackedOnceByAnyNumber(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "new")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			h, err := python.Start(t.Context(), python.Config{Python: "/bin/false", Dir: "/", Cache: cache})
			if err != nil {
				t.Error(err)
				return
			}
			h.Close()
		})
	}
	wg.Wait()
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, name := range []string{"ploomber/__init__.py", "_pawl/families/function.py"} {
		if _, err := os.Stat(filepath.Join(cache, entries[0].Name(), name)); err != nil {
			t.Error(err)
		}
	}
}

// python runs a program with the library in front of what is installed.
func runPython(t *testing.T, program string, env ...string) string {
	t.Helper()
	lib, err := filepath.Abs("lib")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(pythontest.Path(t), "-c", program)
	c.Dir = t.TempDir()
	c.Env = append(append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH="+lib), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestNamesThatProjectsImportAreThere(t *testing.T) {
	t.Parallel()
	names := `
ploomber DAG DAGConfigurator Env InMemoryDAG OnlineDAG OnlineModel SourceLoader load_env with_env
ploomber.products File MetaProduct Product SQLiteRelation PostgresRelation GenericProduct GenericSQLRelation SQLRelation EmptyProduct
ploomber.clients Client DBAPIClient SQLAlchemyClient ShellClient RemoteShellClient GCloudStorageClient LocalStorageClient S3Client
ploomber.exceptions BaseException DAGRenderError DAGBuildError DAGWithDuplicatedProducts DAGBuildEarlyStop TaskInitializationError TaskBuildError TaskRenderError RenderError SourceInitializationError MissingParametersCellError CallbackSignatureError CallbackCheckAborted UpstreamKeyError DAGSpecInitializationError DAGSpecInvalidError DAGCycle SpecValidationError SQLTaskBuildError RemoteFileNotFound MissingClientError ValidationError MissingKeysValidationError NetworkException PlotException
ploomber.io serializer serializer_pickle unserializer unserializer_pickle CSVIO ParquetIO
ploomber.testing.sql nulls_in_columns distinct_values_in_column range_in_column exists_row_where duplicates_in_column duplicates_stats assert_no_duplicates_in_column
ploomber.testing.pandas nulls_in_columns no_nulls_in_columns distinct_values_in_column duplicates_in_column no_duplicates_in_column range_in_column
ploomber.tasks Task PythonCallable ShellScript SQLScript SQLDump SQLTransfer SQLUpload PostgresCopyFrom NotebookRunner ScriptRunner DownloadFromURL Link Input UploadToS3 TaskGroup TaskFactory input_data_passer in_memory_callable task_factory
ploomber.spec DAGSpec
ploomber.executors Serial Parallel ParallelDill
ploomber.micro dag_from_functions grid
ploomber.static_analysis.sql created_relations name_from_create_statement ParsedSQLRelation
ploomber.constants TaskStatus DAGStatus
ploomber.util Interval ParamGrid
ploomber.dag DAG`
	var program strings.Builder
	for line := range strings.Lines(names) {
		if words := strings.Fields(line); len(words) > 0 {
			fmt.Fprintf(&program, "from %s import %s\n", words[0], strings.Join(words[1:], ", "))
		}
	}
	program.WriteString("import sys\nprint([m for m in sys.modules if m.split('.')[0] in ('pandas', 'sqlalchemy', 'boto3', 'IPython', 'yaml', 'jinja2')])\n")
	if got := runPython(t, program.String()); got != "[]\n" {
		t.Errorf("importing them prints %s", got)
	}
}

func TestImportOfThePackageImportsLittle(t *testing.T) {
	t.Parallel()
	got := runPython(t, "import sys\nbefore = set(sys.modules)\nimport ploomber, ploomber.products, ploomber.exceptions\nprint(sorted(set(sys.modules) - before))")
	if want := "['ploomber', 'ploomber.exceptions', 'ploomber.products']\n"; got != want {
		t.Errorf("imports %s, want %s", got, want)
	}
}

func TestWhatIsNotOfferedSaysWhatToDo(t *testing.T) {
	t.Parallel()
	got := runPython(t, `
from ploomber import *
from ploomber import DAGConfigurator, SourceLoader
from ploomber.clients import S3Client
from ploomber.spec import DAGSpec
from ploomber.tasks import NotebookRunner, TaskGroup, task_factory
for f in [lambda: DAG().build(), lambda: DAG().status(), DAGConfigurator, SourceLoader, lambda: S3Client("b", "p").upload("x"),
          lambda: NotebookRunner("x", None, DAG()), TaskGroup.from_grid, task_factory, lambda: DAGSpec.from_directory("d")]:
    try: f()
    except Exception as error: print(type(error).__name__, error)
`)
	want := `NotOffered a pipeline that Python code makes of tasks is not built: write it into pipeline.yaml and run ` + "`pawl build`" + `, or wrap it into InMemoryDAG
NotOffered a pipeline that Python code makes of tasks is not built: write it into pipeline.yaml and run ` + "`pawl build`" + `, or wrap it into InMemoryDAG
NotOffered DAGConfigurator is not offered by pawl: write ` + "`config:`" + ` into pipeline.yaml
NotOffered SourceLoader is not offered by pawl: set ` + "`meta: {source_loader: ...}`" + ` in pipeline.yaml
NotOffered S3Client does not copy by itself: ` + "`pawl build`" + ` uploads products after their tasks
NotOffered NotebookRunner can't be made by Python code: write the task into pipeline.yaml and run ` + "`pawl build`" + `
NotOffered TaskGroup.from_params is not offered by pawl: write ` + "`grid:`" + ` into pipeline.yaml
NotOffered task_factory is not offered by pawl: write the task into pipeline.yaml
NotOffered DAGSpec.from_directory is not offered by pawl: run ` + "`pawl build --entry-point d`" + `
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSpecIsBuiltByTheProgram(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"pawl": `#!/bin/sh
echo "$@" >> calls
echo '{"event": "something"}'
case "$*" in *fail*) exit 1;; esac
echo '{"report": [{"name": "a", "Ran?": true}]}'
`, "p/pipeline.yaml": "tasks:\n- {source: functions.f, product: x}\n- {source: n.ipynb, product: y}\n", "p/functions.py": "def f(input_data): return input_data + 1\n"})
	if err := os.Chmod(filepath.Join(dir, "pawl"), 0o700); err != nil { //nolint:gosec // it is to be executed
		t.Fatal(err)
	}
	got := runPython(t, `
import os, sys
os.chdir(os.environ["DIR"] + "/p"); sys.path.insert(0, ".")
from ploomber import InMemoryDAG
from ploomber.exceptions import DAGBuildError
from ploomber.spec import DAGSpec
from ploomber.executors import Serial
spec = DAGSpec.find(env={"a": {"b": 1}, "c": "x"})
dag = spec.to_dag()
dag.executor = Serial(build_in_subprocess=False)
print(spec["tasks"][0]["source"], list(dag), dag)
print(dag.build(force=True)["name"], dag.build_partially("a*")["Ran?"], dag.status()["name"], dag.render() is dag)
print(InMemoryDAG(dag).build({"f": 1}))
try: dag.build_partially("fail")
except DAGBuildError as error: print(error)
print(open("calls").read().replace(os.environ["DIR"], "DIR"))
`, "PAWL_EXECUTABLE="+filepath.Join(dir, "pawl"), "DIR="+dir)
	want := `functions.f ['f'] FileDAG('p')
['a'] [True] ['a'] True
{'f': 2}
` + "`pawl build` has ended with code 1: {\"event\": \"something\"}" + `
build --json --entry-point DIR/p/pipeline.yaml --force --env--a--b 1 --env--c x
build --json --entry-point DIR/p/pipeline.yaml --partially a* --env--a--b 1 --env--c x
status --json --entry-point DIR/p/pipeline.yaml --env--a--b 1 --env--c x
status --json --entry-point DIR/p/pipeline.yaml --env--a--b 1 --env--c x
build --json --entry-point DIR/p/pipeline.yaml --partially fail --env--a--b 1 --env--c x

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPipelineOfFunctionsThatNameEachOther(t *testing.T) {
	t.Parallel()
	got := runPython(t, `
from ploomber.micro import dag_from_functions, grid
def one(): return 1
@grid(k=[1, 2])
def two(one, k): return one + k
def last(three, x=5): return three * x
def three(one): return one + 2
dag = dag_from_functions([last, one, two, three], params={"last": {"x": 7}})
print(list(dag), dag.build()["name"], [dag[n].load() for n in dag])
try: dag_from_functions([three])
except KeyError as error: print(error)
`)
	want := `['last', 'one', 'two-0', 'two-1', 'three'] ['one', 'three', 'last', 'two-0', 'two-1'] [21, 1, 2, 3, 3]
"function 'three' takes 'one', which is neither a function of the pipeline nor among its params"
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
