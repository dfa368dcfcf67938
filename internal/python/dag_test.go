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

func TestTaskHookOnRender(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"hooks.py": `
import os
def render(task, product, params, client):
    print(task.name, product, params["n"], client, list(task.upstream), os.getcwd() == str(product.client.root), task.exec_status)
    try: params["upstream"]["zz"]
    except KeyError as error: print(error)
def wrong(x): pass
class Root:
    root = os.getcwd()
    def __str__(self): return "root"
`, "work/empty": ""})
	h, printed := host(t, dir, func(c *python.Config) { c.Cwd = filepath.Join(dir, "work") })
	task := python.Task{
		Name: "t", Class: "NotebookRunner", Product: python.Products{Items: []python.Product{{Class: "File", Path: "/x/y"}}}, Params: params.Of("n", 1),
		ProductClient: &python.Call{Path: "hooks.Root"}, Upstream: []python.Upstream{{Task: "up", Product: file("/x/up")}}, Status: "waiting_execution",
	}
	if err := h.TaskHook(t.Context(), python.Call{Path: "hooks.render"}, task); err != nil {
		t.Fatal(err)
	}
	want := "t /x/y 1 None ['up'] True TaskStatus.WaitingExecution\ntask 't' has no upstream 'zz'; it has 'up'\n"
	if printed.String() != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
	if err := h.TaskHook(t.Context(), python.Call{Path: "hooks.wrong"}, task); err == nil || !strings.HasPrefix(err.Error(), "CallbackSignatureError: hook wrong() asks for `x`") {
		t.Errorf("got %v", err)
	}
}

func TestDAGHooks(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"hooks.py": `
def finish(dag, report, extra):
    print(dag, dag.name, len(dag), list(dag), dag["a"], dag["b"].upstream["a"].product, extra, dag["b"].exec_status.value)
    print(report["name"], report["Ran?"], list(report))
    print(report)
    print(dag.clients["File"].path)
def failure(dag, traceback): print(traceback["build"])
def render(dag): dag.build()
class Client:
    path = "opened"
`})
	h, printed := host(t, dir)
	d := python.DAG{Name: "p", Clients: map[string]python.Call{"File": {Path: "hooks.Client"}}, Tasks: []python.Task{
		{Name: "a", Dotted: "m.a", Product: file("/x/a")},
		{Name: "b", Class: "SQLScript", Product: python.Products{Items: []python.Product{{Class: "SQLRelation", Name: "t", Kind: "table"}}}, Upstream: []python.Upstream{{Task: "a", Product: file("/x/a")}}, Status: "executed"},
	}}
	rows := []python.Row{{Name: "a", Ran: true, Seconds: 0.5, Percentage: 100}, {Name: "b"}}
	if err := h.DAGHook(t.Context(), python.Call{Path: "hooks.finish", Args: params.Of("extra", "e")}, d, python.Outcome{Report: rows}); err != nil {
		t.Fatal(err)
	}
	if err := h.DAGHook(t.Context(), python.Call{Path: "hooks.failure"}, d, python.Outcome{Traceback: map[string]string{"build": "what failed"}}); err != nil {
		t.Fatal(err)
	}
	want := `DAG("p") p 2 ['a', 'b'] /x/a /x/a e executed
['a', 'b'] [True, False] ['name', 'Ran?', 'Elapsed (s)', 'Percentage']
name  Ran?   Elapsed (s)  Percentage
----  -----  -----------  ----------
a     True   0.5          100
b     False  0            0
opened
what failed
`
	if diff := cmp.Diff(want, printed.String()); diff != "" {
		t.Error(diff)
	}
	if err := h.DAGHook(t.Context(), python.Call{Path: "hooks.render"}, d, python.Outcome{}); err == nil || err.Error() != "NotOffered: a hook can't build its own pipeline" {
		t.Errorf("got %v", err)
	}
	if err := h.DAGHook(t.Context(), python.Call{Path: "hooks.failure"}, d, python.Outcome{}); err == nil || !strings.Contains(err.Error(), "asks for `traceback`; hooks get `dag`") {
		t.Errorf("got %v", err)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"clients.py": `
import sqlite3
from ploomber.clients import *
def local(): return LocalStorageClient("backup")
def s3(): return S3Client("bucket", "parent", json_credentials_path="c.json", path_to_project_root=".", endpoint_url="http://x")
def gcs(parent): return GCloudStorageClient("bucket", parent)
def db(): return DBAPIClient(sqlite3.connect, {"database": "x"}, split_source=";")
def shell(): return ShellClient()
def none(): return None
class Other: pass
`})
	h, _ := host(t, dir)
	for path, want := range map[string]string{
		"local":  `LocalStorageClient ploomber.clients.storage {"storage":"folder","parent":"DIR/backup","root":null}`,
		"s3":     `S3Client ploomber.clients.storage {"storage":"s3","bucket":"bucket","parent":"parent","root":"DIR","credentials":"c.json","credentials_relative":true,"options":{"endpoint_url":"http://x"}}`,
		"gcs":    `GCloudStorageClient ploomber.clients.storage {"storage":"gcs","bucket":"bucket","parent":"p","root":null,"credentials":null,"credentials_relative":true,"options":{}}`,
		"db":     `DBAPIClient ploomber.clients.db {"driver":"_sqlite3","split_source":";"}`,
		"shell":  `ShellClient ploomber.clients.shell {"run_template":"bash {{path_to_code}}"}`,
		"Other":  `Other clients {}`,
		"none":   "error: TypeError: clients.none returned None instead of a client",
		"absent": "error: AttributeError: clients has no 'absent' (in the dotted path 'clients.absent')",
	} {
		call := python.Call{Path: "clients." + path}
		if path == "gcs" {
			call.Args = params.Of("parent", "p")
		}
		got, err := h.Describe(t.Context(), call)
		text := got.Class + " " + got.Module + " " + string(params.AppendJSON(nil, got.Configuration))
		if err != nil {
			text = "error: " + err.Error()
		}
		if text = strings.ReplaceAll(text, dir, "DIR"); text != want && strings.Replace(text, `"sqlite3"`, `"_sqlite3"`, 1) != want {
			t.Errorf("%s: got %s, want %s", path, text, want)
		}
	}
}

func TestRelationsKeepTheirMetadata(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"clients.py": `
import sqlite3
from ploomber.clients import *
made = []
def db(name="data.db"):
    made.append(name)
    return SQLAlchemyClient("sqlite:///" + name)
def count(): return made
`})
	h, _ := host(t, dir)
	client := &python.Call{Path: "clients.db"}
	relations := []python.Relation{
		{Product: python.Product{Class: "GenericProduct", Name: "g"}, Client: client, Metadata: params.Of("timestamp", 1.5)},
		{Product: python.Product{Class: "GenericSQLRelation", Schema: "s", Name: "t", Kind: "table"}, Client: client, Metadata: params.Of("timestamp", 2.5)},
		{Product: python.Product{Class: "GenericSQLRelation", Name: "t", Kind: "table"}, Client: client, Metadata: params.Of("stored_source_code", "é")},
		{Product: python.Product{Class: "SQLiteRelation", Name: "t", Kind: "view"}},
		{Product: python.Product{Class: "SQLRelation", Name: "t", Kind: "view"}, Metadata: params.Of("x", 1)},
	}
	do := func(a python.Action) string {
		t.Helper()
		states, err := h.Products(t.Context(), a, relations)
		if err != nil {
			t.Fatal(err)
		}
		var text []string
		for _, s := range states {
			switch {
			case s.Err != nil:
				text = append(text, s.Err.(*python.Failure).Class)
			case s.HasMetadata:
				text = append(text, string(params.AppendJSON(nil, s.Metadata)))
			case s.Exists:
				text = append(text, "exists")
			default:
				text = append(text, "-")
			}
		}
		return strings.Join(text, " ")
	}
	for i, step := range []struct {
		action python.Action
		want   string
	}{
		{python.Fetch, "- - - MissingClientError -"},
		{python.Exists, "- - - MissingClientError exists"},
		{python.Save, "- - - MissingClientError -"},
		{python.Save, "- - - MissingClientError -"},
		{python.Fetch, `{"timestamp":1.5} {"timestamp":2.5} {"stored_source_code":"é"} MissingClientError -`},
		{python.Exists, "exists exists exists MissingClientError exists"},
		{python.Delete, "- - - MissingClientError -"},
		{python.Exists, "- - - MissingClientError exists"},
	} {
		if got := do(step.action); got != step.want {
			t.Errorf("%d: %s gives %s, want %s", i, step.action, got, step.want)
		}
	}
	made := func() string {
		v, err := h.Call(t.Context(), python.Call{Path: "clients.count"})
		if err != nil {
			t.Fatal(err)
		}
		return string(params.AppendJSON(nil, v))
	}
	if got := made(); got != `["data.db"]` {
		t.Errorf("clients made: %s", got)
	}
}

func TestClientsOfQuestionsAreClosedAtTheEnd(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode func(*python.Config)) {
		dir := project(t, map[string]string{"clients.py": `
class Client:
    def __init__(self, name):
        self.name = name
    def close(self):
        with open("closed", "a") as f:
            f.write(self.name)
        raise ValueError("nobody is told")
def made(name):
    return Client(name)
`})
		h, _ := host(t, dir, mode)
		for _, name := range []string{"a", "a", "b"} {
			if _, err := h.Describe(t.Context(), python.Call{Path: "clients.made", Args: params.Of("name", name)}); err != nil {
				t.Fatal(err)
			}
		}
		h.Close()
		if got, err := os.ReadFile(filepath.Join(dir, "closed")); err != nil || string(got) != "ba" && string(got) != "ab" {
			t.Errorf("closed %q, error %v", got, err)
		}
	})
}
