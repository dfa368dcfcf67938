package python_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

func TestLibrariesThatNobodyUsesAreRemoved(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	begin := func() {
		t.Helper()
		h, err := python.Start(t.Context(), python.Config{Python: "/bin/false", Dir: "/", Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		h.Close()
	}
	begin()
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	current := entries[0].Name()
	age := func(name string, days int) {
		t.Helper()
		at := time.Now().AddDate(0, 0, -days)
		if err := os.Chtimes(filepath.Join(cache, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	for name, days := range map[string]int{"unused": 40, "used": 20, ".new-1": 40, ".old-gone": 40} {
		if err := os.MkdirAll(filepath.Join(cache, name, "ploomber"), 0o755); err != nil {
			t.Fatal(err)
		}
		age(name, days)
	}
	begin() // the library was in use today
	if entries, _ := os.ReadDir(cache); len(entries) != 5 {
		t.Errorf("there are %v", entries)
	}
	age(current, 35)
	begin()
	var left []string
	entries, err = os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	slices.Sort(left)
	want := []string{current, "used"}
	slices.Sort(want)
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(cache, current)); err != nil || time.Since(info.ModTime()) > time.Hour {
		t.Errorf("the use of the library was not noted: %v", err)
	}
}

func TestWhatClientsWillImportIsKnownAhead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"plain.py":  "from ploomber.clients import SQLAlchemyClient\n\n\ndef get():\n    return SQLAlchemyClient('sqlite:///data.db')\n",
		"named.py":  "from ploomber import clients\n\n\ndef get():\n    return clients.SQLAlchemyClient('postgresql+psycopg2://host/db')\n",
		"first.py":  "import os\nfrom ploomber.clients import SQLAlchemyClient\nos.environ['X'] = '1'\nURI = 'sqlite://'\n",
		"driver.py": "import sqlite3\nfrom ploomber.clients import DBAPIClient\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := runPython(t, "import sys\nsys.path.insert(0, r'"+dir+"')\nfrom _pawl import preload\n"+
		"for m in 'plain', 'named', 'first', 'driver':\n    print(m, *(n for n in preload.libraries([m]) if 'ploomber' not in n))\n")
	want := "plain sqlalchemy sqlalchemy.dialects sqlalchemy.dialects.sqlite sqlite3\n" +
		"named sqlalchemy sqlalchemy.dialects sqlalchemy.dialects.postgresql psycopg2\nfirst os\ndriver sqlite3\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestASyntaxErrorOfANotebookTellsNothingOfTheCheck(t *testing.T) {
	t.Parallel()
	got := runPython(t, "from _pawl import failures\nfrom _pawl.notebooks import analysis\nfrom _pawl.notebooks.places import Places\n"+
		"try:\n    analysis.check_code({'cells': [{'cell_type': 'code', 'source': 'y = (2'}]}, False, Places(None))\n"+
		"except Exception as error:\n    print(failures.describe(error)['traceback'])\n")
	if !strings.Contains(got, "cell 1, line 1: syntax error") || strings.Contains(got, "ast.py") || strings.Contains(got, "Traceback") {
		t.Errorf("told\n%s", got)
	}
}

func TestALibraryIsKeptByThoseWhoImportIt(t *testing.T) {
	t.Parallel()
	folder, err := python.Unpacked(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().AddDate(0, 0, -40)
	if err := os.Chtimes(folder, past, past); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(pythontest.Path(t), "-c", "import ploomber")
	c.Env = append(os.Environ(), "PYTHONPATH="+folder, "PYTHONDONTWRITEBYTECODE=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if info, err := os.Stat(folder); err != nil || time.Since(info.ModTime()) > time.Hour {
		t.Errorf("its use was not noted: %v", err)
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
	if want := "['ploomber', 'ploomber._elsewhere', 'ploomber.exceptions', 'ploomber.products']\n"; got != want {
		t.Errorf("imports %s, want %s", got, want)
	}
}

func TestWhatIsNotOfferedSaysWhatToDo(t *testing.T) {
	t.Parallel()
	got := runPython(t, `
from ploomber import *
from ploomber.clients import S3Client
from ploomber.products import File
from ploomber.tasks import PythonCallable
dag = DAG()
task = PythonCallable(len, File("x"), dag)
class Own(PythonCallable): pass
for f in [dag.build, lambda: S3Client("b", "p").upload("x"), lambda: task.debug("gdb"), lambda: dag["y"], lambda: DAG(clients={"SQLScrip": 1}),
          lambda: task >> dag, lambda: PythonCallable(1, File("y"), dag), lambda: PythonCallable(len, File("y"), dag, params={"product": 1})]:
    try: f()
    except Exception as error: print(type(error).__name__, error)
`, "PAWL_EXECUTABLE=/nowhere/pawl")
	want := `NotOffered building needs the program pawl: put it on PATH, or set PAWL_EXECUTABLE to its path
NotOffered S3Client does not copy by itself: ` + "`pawl build`" + ` uploads products after their tasks
ValueError kind must be 'ipdb', 'pdb' or 'pm', not 'gdb'
KeyError "the pipeline has no task 'y'"
ValueError 'SQLScrip' is no class of tasks or products. Did you mean 'SQLScript'?
TypeError what comes before or after a task is a task or a group of them, not DAG("No name")
TypeError a PythonCallable is made of a function, not of 1
ValueError params can't have 'product': tasks get it by themselves
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNamesAreWherePloomberDefinesThem(t *testing.T) {
	t.Parallel()
	got := runPython(t, `
import ploomber, ploomber.dag
from ploomber.dag.dag import DAG
from ploomber.clients.db import SQLAlchemyClient
from ploomber.clients.storage.local import LocalStorageClient
from ploomber.env.decorators import with_env
from ploomber.executors.parallel import Parallel
from ploomber.products.file import File
from ploomber.spec.dagspec import DAGSpec
from ploomber.tasks.abc import Task
from ploomber.util.param_grid import ParamGrid
print(DAG is ploomber.DAG is ploomber.dag.DAG, Task.__module__, File.__module__)
for module, name in [("ploomber.tasks.abc", "Nothing"), ("ploomber.tasks.nothing", "Task")]:
    try: exec("from %s import %s" % (module, name))
    except ImportError as error: print(str(error).partition(" (")[0])
`)
	want := `True ploomber.tasks ploomber.products
cannot import name 'Nothing' from 'ploomber.tasks.abc'
No module named 'ploomber.tasks.nothing'
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsNumberTheirTasksAsPloomberDoes(t *testing.T) {
	t.Parallel()
	got := runPython(t, `
from ploomber import *
from ploomber.products import File, SQLiteRelation
from ploomber.tasks import *
def f(): pass
def group(kind, primitive, **more):
    return [(t.name, str(t.product), t._given) for t in TaskGroup.from_grid(PythonCallable, kind, primitive, {"source": f}, DAG(), **more)]
print(group(File, "out/a.tar.gz", grid={"x": [1, 2], "y": "z"}, name="n"))
print(group(File, "out/[[x]].txt", grid={"x": [1, 2]}, namer="at-[[x]]", params={"c": 0}))
print(group(File, "out/a.txt", grid={"x": [1]}, namer=lambda params: "own%d" % params["x"]))
print(group(File, {"a": "{{name}}.txt", "b": "b.txt"}, grid={"x": [1]}, name="n"))
print(group(SQLiteRelation, ["s", "name", "table"], grid=[{"x": [1]}, {"x": [2]}], name="n"))
dag = DAG()
a, b, c, d = [PythonCallable(f, File(n), dag, name=n) for n in "abcd"]
(a + b) >> c
b + c >> d
print([(t.name, list(t.upstream)) for t in dag.values()], dag.get_downstream("b"))
e = PythonCallable(f, File("e"), DAG(), name="e")
d >> e
print(sorted(e.dag))
a.set_upstream(d)
try: list(dag)
except Exception as error: print(type(error).__name__, error)
`)
	want := `[('n0', 'out/a-0.tar.gz', {'x': 1, 'y': 'z'}), ('n1', 'out/a-1.tar.gz', {'x': 2, 'y': 'z'})]
[('at-1', 'out/1-0.txt', {'x': 1, 'c': 0}), ('at-2', 'out/2-1.txt', {'x': 2, 'c': 0})]
[('own1', 'out/a.txt', {'x': 1})]
[('n0', "{'a': File('n0-0.txt'), 'b': File('b-0.txt')}", {'x': 1})]
[('n0', 's.name-0', {'x': 1}), ('n1', 's.name-1', {'x': 2})]
[('a', []), ('b', []), ('c', ['a', 'b']), ('d', ['b', 'c'])] ['c', 'd']
['a', 'b', 'c', 'd', 'e']
DAGCycle the tasks depend on each other in a circle
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
	want := `['one', 'two-0', 'two-1', 'three', 'last'] ['one', 'two-0', 'two-1', 'three', 'last'] [1, 2, 3, 3, 21]
"function 'three' takes 'one', which is neither a function of the pipeline nor among its params"
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
