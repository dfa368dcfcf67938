package python_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

// clientsOfSQLite are clients of one database, by the two libraries.
const clientsOfSQLite = `
import sqlite3
from ploomber.clients import DBAPIClient, SQLAlchemyClient

class Told(DBAPIClient):
    def close(self):
        super().close()
        print("closed")

def plain(split=";"): return DBAPIClient(sqlite3.connect, {"database": "data.db"}, split_source=split)
def alchemy(name="data.db"): return SQLAlchemyClient("sqlite:///" + name)
def told():
    print("made")
    return Told(sqlite3.connect, {"database": "data.db"})
`

// preloaded imports what tasks with tables need once.
func preloaded(c *python.Config) { c.Preload = []string{"pandas", "sqlalchemy", "pyarrow.parquet"} }

func call(path string, args ...any) *python.Call {
	return &python.Call{Path: path, Args: params.Of(args...)}
}

// table is a product in SQLite.
func table(name string) python.Products {
	return python.Products{Items: []python.Product{{Class: "SQLiteRelation", Name: name, Kind: "table"}}}
}

func sqlTask(class, code string, product python.Products, options ...any) python.Task {
	return python.Task{
		Family: "sql", Class: class, Name: "task", Code: code, Product: product,
		Client: call("clients.plain"), ProductClient: call("clients.plain"), Options: params.Of(options...),
	}
}

// done runs a task that must end well, and returns what it printed.
func done(t *testing.T, h *python.Host, task python.Task) string {
	t.Helper()
	_, printed, err := run(t, h, task)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	return printed
}

// refused runs a task that must fail, and returns why.
func refused(t *testing.T, h *python.Host, task python.Task, want string) *python.Failure {
	t.Helper()
	_, printed, err := run(t, h, task)
	f := failure(t, err)
	if !strings.Contains(f.Error(), want) {
		t.Errorf("failed with %q, want %q\n%s", f.Error(), want, printed)
	}
	return f
}

// rows returns what a query gives, as CSV without a header.
func rows(t *testing.T, h *python.Host, query string, client *python.Call) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	task := sqlTask("SQLDump", query, file(path), "chunksize", nil)
	task.Client = client
	done(t, h, task)
	_, text, _ := strings.Cut(read(t, path), "\n")
	return strings.ReplaceAll(text, "\n", ";")
}

const threeRows = "CREATE TABLE n (id INTEGER, name TEXT); INSERT INTO n VALUES (1, 'a'), (2, 'b \"c\"'), (3, NULL)"

func TestSQLScriptRunsEachStatementAndCommits(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		h, _ := host(t, project(t, map[string]string{"clients.py": clientsOfSQLite}), mode)
		done(t, h, sqlTask("SQLScript", threeRows+";\n ; -- done\n", table("n")))
		if got, want := rows(t, h, "SELECT * FROM n", call("clients.alchemy")), `"1","a";"2","b ""c""";"3","";`; got != want {
			t.Errorf("table has %s, want %s", got, want)
		}
	})
}

func TestSQLScriptThatFailsTellsItsCodeAndChangesNothing(t *testing.T) {
	t.Parallel()
	h, _ := host(t, project(t, map[string]string{"clients.py": clientsOfSQLite}))
	done(t, h, sqlTask("SQLScript", threeRows, table("n")))
	f := refused(t, h, sqlTask("SQLScript", "DELETE FROM n; SELEC 1", table("n")), `SQLTaskBuildError: SQLScript failed: near "SELEC": syntax error`)
	if !strings.Contains(f.Message, "DELETE FROM n; SELEC 1") {
		t.Errorf("message %q lacks the code", f.Message)
	}
	if got := rows(t, h, "SELECT count(*) FROM n", call("clients.plain")); got != `"3";` {
		t.Errorf("the table has %s rows", got)
	}
	task := sqlTask("SQLScript", "CREATE TABLE x (n); CREATE TABLE y (n)", table("x"))
	task.Client = call("clients.plain", "split", nil)
	refused(t, h, task, "one statement at a time")
}

func TestSQLTaskWithoutClientSaysWhatToSet(t *testing.T) {
	t.Parallel()
	h, _ := host(t, project(t, map[string]string{"clients.py": clientsOfSQLite}))
	task := sqlTask("SQLScript", "SELECT 1", table("n"))
	task.Client = nil
	refused(t, h, task, "MissingClientError: task 'task' has no client: set `client`, or `clients: {SQLScript: ...}`")
	task = sqlTask("SQLTransfer", "SELECT 1", table("n"))
	refused(t, h, task, "the `client` of task 'task' must be a SQLAlchemyClient, not DBAPIClient")
	task.Client, task.ProductClient = call("clients.alchemy"), nil
	refused(t, h, task, "set `product_client`, or `clients: {SQLiteRelation: ...}`")
}

func TestClientIsMadeOnceForATaskAndClosed(t *testing.T) {
	t.Parallel()
	h, _ := host(t, project(t, map[string]string{"clients.py": clientsOfSQLite, "hooks.py": `
def look(product, client): print(product.exists(), client.split_source)
def fail(product): 1 / 0
`}))
	task := sqlTask("SQLScript", "CREATE TABLE n (id)", table("n"))
	task.Client, task.ProductClient, task.OnFinish = call("clients.told"), call("clients.told"), call("hooks.look")
	if got, want := done(t, h, task), "made\nTrue None\nclosed\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	task.Code, task.OnFinish = "SELECT 1", call("hooks.fail")
	if _, printed, err := run(t, h, task); failure(t, err).Class != "ZeroDivisionError" || printed != "made\nclosed\n" {
		t.Errorf("printed %q, %v", printed, err)
	}
}

// tree returns the files below a folder with their texts.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		found[filepath.Base(path)] = read(t, path)
	}
	return found
}

func TestSQLDumpWritesAFileForEachChunk(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"clients.py": clientsOfSQLite, "out/n.csv/7.csv": "old"})
	h, _ := host(t, dir)
	done(t, h, sqlTask("SQLScript", threeRows, table("n")))
	folder := filepath.Join(dir, "out", "n.csv")
	done(t, h, sqlTask("SQLDump", "SELECT * FROM n", file(folder), "chunksize", 2))
	want := map[string]string{
		"0.csv": "\"id\",\"name\"\n\"1\",\"a\"\n\"2\",\"b \"\"c\"\"\"\n",
		"1.csv": "\"id\",\"name\"\n\"3\",\"\"\n",
	}
	if diff := cmp.Diff(want, tree(t, folder)); diff != "" {
		t.Error(diff)
	}
	done(t, h, sqlTask("SQLDump", "SELECT * FROM n WHERE id > 3", file(folder)))
	if got := tree(t, folder); len(got) != 0 {
		t.Errorf("no rows make %v", got)
	}
	done(t, h, sqlTask("SQLDump", "SELECT id FROM n WHERE id > 3", file(folder), "chunksize", nil))
	if got := read(t, folder); got != "\"id\"\n" {
		t.Errorf("no rows in one file make %q", got)
	}
	before := read(t, folder)
	refused(t, h, sqlTask("SQLDump", "SELECT absent FROM n", file(folder)), "no such column: absent")
	if got := read(t, folder); got != before {
		t.Errorf("a query that can't run leaves %q", got)
	}
}

func TestSQLDumpWritesParquet(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"clients.py": clientsOfSQLite})
	h, _ := host(t, dir, preloaded)
	done(t, h, sqlTask("SQLScript", threeRows, table("n")))
	whole, chunks, named := filepath.Join(dir, "a", "n.parquet"), filepath.Join(dir, "b.parquet"), filepath.Join(dir, "c")
	done(t, h, sqlTask("SQLDump", "SELECT * FROM n", file(whole), "chunksize", nil))
	done(t, h, sqlTask("SQLDump", "SELECT * FROM n", file(chunks), "chunksize", 2))
	done(t, h, sqlTask("SQLDump", "SELECT * FROM n WHERE id > 3", file(named), "chunksize", nil, "io_handler", "ploomber.io.ParquetIO"))
	got := runPython(t, `
import pyarrow.parquet as pq
for path in [`+pyText(whole)+`, `+pyText(filepath.Join(chunks, "1.parquet"))+`, `+pyText(named)+`]:
    table = pq.read_table(path)
    print(table.schema.names, [str(t) for t in table.schema.types], table.to_pylist(), table.schema.metadata)
`)
	want := `['id', 'name'] ['int64', 'string'] [{'id': 1, 'name': 'a'}, {'id': 2, 'name': 'b "c"'}, {'id': 3, 'name': None}] None
['id', 'name'] ['int64', 'null'] [{'id': 3, 'name': None}] None
['id', 'name'] ['null', 'null'] [] None
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSQLDumpRendersBracketsWithWhatUpstreamHasMade(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"clients.py": clientsOfSQLite, "up.json": `{"least": 2}`, "bare/jinja2.py": "raise ImportError('none')"})
	h, _ := host(t, dir)
	done(t, h, sqlTask("SQLScript", threeRows, table("n")))
	path := filepath.Join(dir, "n.csv")
	task := sqlTask("SQLDump", "SELECT id FROM n WHERE id >= [[get_key(upstream['up'], 'least')]]", file(path), "chunksize", nil)
	task.Upstream = []python.Upstream{{Task: "up", Product: file(filepath.Join(dir, "up.json"))}}
	done(t, h, task)
	if got, want := read(t, path), "\"id\"\n\"2\"\n\"3\"\n"; got != want {
		t.Errorf("made %q, want %q", got, want)
	}
	for code, want := range map[string]string{
		"SELECT '[[1, 2]]' AS a":         "\"a\"\n\"[[1, 2]]\"\n", // arrays are SQL's own
		"SELECT '[[1, 2], [3, 4]]' AS a": "\"a\"\n\"[[1, 2], [3, 4]]\"\n",
	} {
		task.Code = code
		done(t, h, task)
		if got := read(t, path); got != want {
			t.Errorf("%s made %q, want %q", code, got, want)
		}
	}
	task.Code = "SELECT [[nothing]]"
	refused(t, h, task, "UndefinedError: 'nothing' is undefined")
	bare, _ := host(t, dir, func(c *python.Config) { c.Path = []string{filepath.Join(dir, "bare")} })
	refused(t, bare, task, "the query of task 'task' has placeholders in [[ ]], which need Jinja2")
}

func TestSQLTransferCopiesBetweenDatabases(t *testing.T) {
	t.Parallel()
	h, _ := host(t, project(t, map[string]string{"clients.py": clientsOfSQLite}), preloaded)
	done(t, h, sqlTask("SQLScript", threeRows, table("n")))
	other := call("clients.alchemy", "name", "new/other.db")
	for _, chunksize := range []any{2, nil, 2} {
		task := sqlTask("SQLTransfer", "SELECT id * 10 AS ten, name FROM n", table("m"), "chunksize", chunksize)
		task.Client, task.ProductClient = call("clients.alchemy"), other
		done(t, h, task)
		if got, want := rows(t, h, "SELECT * FROM m", other), `"10","a";"20","b ""c""";"30","";`; got != want {
			t.Errorf("chunks of %v: copied %s, want %s", chunksize, got, want)
		}
	}
	task := sqlTask("SQLTransfer", "SELECT id FROM n WHERE id > 3", table("m"))
	task.Client, task.ProductClient = call("clients.alchemy"), other
	done(t, h, task)
	if got := rows(t, h, "SELECT count(*) FROM m", other); got != `"0";` {
		t.Errorf("no rows leave %s", got)
	}
}

func TestSQLUploadMakesATable(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"clients.py": clientsOfSQLite, "n.csv": "id,name\n1,a\n2,b\n", "n.jsonl": "{\"id\": 7}\n"})
	h, _ := host(t, dir, preloaded)
	upload := func(name string, options ...any) python.Task {
		task := sqlTask("SQLUpload", filepath.Join(dir, name), table("n"), options...)
		task.Client = call("clients.alchemy")
		return task
	}
	done(t, h, upload("n.csv"))
	all := func() string { return rows(t, h, "SELECT * FROM n", call("clients.plain")) }
	if got, want := all(), `"0","1","a";"1","2","b";`; got != want { // with the index, as by default
		t.Errorf("table has %s, want %s", got, want)
	}
	refused(t, h, upload("n.csv"), "already exists")
	done(t, h, upload("n.csv", "chunksize", 1, "to_sql_kwargs", params.Of("if_exists", "replace", "index", false)))
	if got, want := all(), `"1","a";"2","b";`; got != want {
		t.Errorf("table has %s, want %s", got, want)
	}
	done(t, h, sqlTask("SQLDump", "SELECT 5 AS id, 'x' AS name", file(filepath.Join(dir, "n.parquet")), "chunksize", nil))
	done(t, h, upload("n.parquet", "to_sql_kwargs", params.Of("if_exists", "append", "index", false)))
	if got, want := all(), `"1","a";"2","b";"5","x";`; got != want {
		t.Errorf("table has %s, want %s", got, want)
	}
	refused(t, h, upload("n.jsonl"), "is neither .csv nor .parquet: name the function that reads it")
	if err := os.WriteFile(filepath.Join(dir, "readers.py"), []byte("import pandas\ndef lines(path): return pandas.read_json(path, lines=True)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	done(t, h, upload("n.jsonl", "io_handler", "readers.lines", "to_sql_kwargs", params.Of("if_exists", "replace", "index", false)))
	if got := all(); got != `"7";` {
		t.Errorf("table has %s", got)
	}
}

func TestSQLTaskMakesOneProduct(t *testing.T) {
	t.Parallel()
	h, _ := host(t, project(t, map[string]string{"clients.py": clientsOfSQLite}))
	two := python.Products{Shape: python.List, Items: []python.Product{{Class: "File", Path: "/a"}, {Class: "File", Path: "/b"}}}
	refused(t, h, sqlTask("SQLDump", "SELECT 1", two), "task 'task' has several products, and a SQLDump makes one")
}
