package python_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

// postgres returns a project with a client of a schema of its own in a real
// PostgreSQL. Others find that schema first.
func postgres(t *testing.T, more map[string]string) (dir, schema string) {
	t.Helper()
	pythontest.Path(t) // without it no server has to be started
	url := strings.Replace(postgrestest.URL(t), "postgres://", "postgresql+psycopg2://", 1)
	schema = postgrestest.Schema(t)
	files := map[string]string{"clients.py": clientsOfSQLite + `
URL = ` + pyText(url) + `
def postgres():
    return SQLAlchemyClient(URL, create_engine_kwargs={"connect_args": {"options": "-c search_path=` + schema + `"}})
def driver():
    import psycopg2
    return DBAPIClient(psycopg2.connect, {"dsn": URL.replace("+psycopg2", ""), "options": "-c search_path=` + schema + `"})
`}
	for name, text := range more {
		files[name] = text
	}
	return project(t, files), schema
}

// postgresTask is a task whose client and product are in PostgreSQL.
func postgresTask(class, code string, product python.Products, options ...any) python.Task {
	task := sqlTask(class, code, product, options...)
	task.Client, task.ProductClient = call("clients.postgres"), call("clients.postgres")
	return task
}

func inPostgres(schema, name, kind string) python.Product {
	return python.Product{Class: "PostgresRelation", Schema: schema, Name: name, Kind: kind}
}

// states does something with each of some products, and tells what came of it.
func states(t *testing.T, h *python.Host, a python.Action, relations ...python.Relation) string {
	t.Helper()
	list, err := h.Products(t.Context(), a, relations)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, s := range list {
		switch {
		case s.Err != nil:
			said = append(said, s.Err.Error())
		case s.HasMetadata:
			said = append(said, string(params.AppendJSON(nil, s.Metadata)))
		case s.Exists:
			said = append(said, "exists")
		default:
			said = append(said, "-")
		}
	}
	return strings.Join(said, " ")
}

func TestPostgresRelationKeepsMetadataInItsComment(t *testing.T) {
	t.Parallel()
	dir, schema := postgres(t, nil)
	h, _ := host(t, dir)
	setup := "CREATE SCHEMA " + schema + "; CREATE TABLE t (n int); COMMENT ON COLUMN t.n IS 'of a column'; CREATE VIEW v AS SELECT * FROM t; CREATE TABLE told (n int); COMMENT ON TABLE told IS 'some words'"
	done(t, h, postgresTask("SQLScript", setup, python.Products{Items: []python.Product{inPostgres("", "t", "table")}}))
	client := call("clients.driver")
	relations := []python.Relation{
		{Product: inPostgres("", "t", "table")},
		{Product: inPostgres(schema, "absent", "table")},
		{Product: inPostgres(schema, "v", "view")},
		{Product: inPostgres(schema, "t", "view")},
		{Product: inPostgres("", "told", "table")},
	}
	long := strings.Repeat("it's \"long\" % ", 20)
	for i := range relations {
		relations[i].Client = client
		relations[i].Metadata = params.Of("stored_source_code", long)
	}
	kept := string(params.AppendJSON(nil, relations[0].Metadata))
	for i, step := range []struct {
		action python.Action
		want   string
	}{
		{python.Exists, "exists - exists - exists"},
		{python.Fetch, "- - - - -"},
		{python.Save, `- UndefinedTable: relation "` + schema + `.absent" does not exist - WrongObjectType: "t" is not a view -`},
		{python.Fetch, kept + " - " + kept + " - " + kept},
		{python.Delete, `DependentObjectsStillExist: cannot drop table t because other objects depend on it - - WrongObjectType: "t" is not a view -`},
		{python.Exists, "exists - - - -"},
		{python.Delete, `- - - - -`},
		{python.Exists, "- - - - -"},
	} {
		if got := states(t, h, step.action, relations...); got != step.want {
			t.Errorf("%d: %s gives %s, want %s", i, step.action, got, step.want)
		}
	}
}

func TestPostgresCopyFromKeepsEveryCharacter(t *testing.T) {
	t.Parallel()
	dir, schema := postgres(t, nil)
	path := filepath.Join(dir, "odd.parquet")
	runPython(t, `
import datetime, pandas
odd = ["tab\there", "back\\slash \\N", "line\nbreak\r\n", 'quote " and, comma', "", None, "é"]
pandas.DataFrame({"Odd name": odd, "n": [1, 2, 3, 4, 5, 6, 7], "x": [0.1, None, 1e300, -0.0, 2, 3, 4], "yes": [True] * 7,
    "at": [datetime.datetime(2024, 1, 2, 3, 4, 5, 678901)] * 7}).to_parquet(`+pyText(path)+`)`)
	h, _ := host(t, dir, preloaded)
	product := python.Products{Items: []python.Product{inPostgres(schema, "Odd", "table")}}
	done(t, h, postgresTask("SQLScript", "CREATE SCHEMA "+schema+`; CREATE TABLE "Odd" (old int)`, product))
	done(t, h, postgresTask("PostgresCopyFrom", path, product))
	out := filepath.Join(dir, "out.csv")
	done(t, h, postgresTask("SQLDump", `SELECT * FROM "Odd" ORDER BY n`, file(out), "chunksize", nil))
	want := `"Odd name","n","x","yes","at"
"tab	here","1","0.1","True","2024-01-02 03:04:05.678901"
"back\slash \N","2","","True","2024-01-02 03:04:05.678901"
"line
break` + "\r" + `
","3","1e+300","True","2024-01-02 03:04:05.678901"
"quote "" and, comma","4","-0.0","True","2024-01-02 03:04:05.678901"
"","5","2.0","True","2024-01-02 03:04:05.678901"
"","6","3.0","True","2024-01-02 03:04:05.678901"
"é","7","4.0","True","2024-01-02 03:04:05.678901"
`
	if diff := cmp.Diff(want, read(t, out)); diff != "" {
		t.Error(diff)
	}
	if got := rows(t, h, `SELECT n FROM "Odd" WHERE "Odd name" IS NULL`, call("clients.driver")); got != `"6";` {
		t.Errorf("no text in the rows %s", got)
	}
	done(t, h, postgresTask("PostgresCopyFrom", path, product, "columns", []any{"n"}))
	if got := rows(t, h, `SELECT * FROM "Odd" WHERE n < 3`, call("clients.driver")); got != `"1";"2";` {
		t.Errorf("one column gives %s", got)
	}
	refused(t, h, postgresTask("PostgresCopyFrom", path, product, "columns", []any{"absent"}), "absent")
	if got := rows(t, h, `SELECT count(*) FROM "Odd"`, call("clients.driver")); got != `"7";` {
		t.Errorf("after a failure there are %s rows", got)
	}
}

// lookAtMetadata shows all that is stored in two databases.
const lookAtMetadata = `
import clients
def rows(schema):
    found = clients.plain().connection.execute("SELECT schema, name, metadata FROM _metadata ORDER BY name, schema, rowid").fetchall()
    cursor = clients.postgres().connection.cursor()
    cursor.execute("SELECT relname, obj_description(oid) FROM pg_class WHERE relnamespace = %s::regnamespace ORDER BY 1", (schema,))
    return [repr(row) for row in found + cursor.fetchall()]
`

// peerMetadata reads with the peer what is stored of products, and stores
// something else.
const peerMetadata = `
import json, sys
import clients, look
from ploomber.products import GenericProduct, GenericSQLRelation, PostgresRelation, SQLiteRelation
schema, metadata = sys.argv[1], json.loads(sys.argv[2])
sqlite, postgres = clients.plain(), clients.postgres()
products = [
    SQLiteRelation(("t", "table"), client=sqlite), SQLiteRelation(("main", "t", "table"), client=sqlite),
    GenericSQLRelation(("s", "g", "view"), client=sqlite), GenericProduct("path/x", client=sqlite),
    PostgresRelation((schema, "t", "table"), client=postgres), PostgresRelation(("v", "view"), client=postgres),
]
for product in products:
    product.render({})
    print(json.dumps(product.fetch_metadata(), ensure_ascii=False, separators=(",", ":")), product.exists())
for product in products: product.save_metadata(metadata)
for row in look.rows(schema): print(row)
`

func TestMetadataIsThePeers(t *testing.T) {
	t.Parallel()
	dir, schema := postgres(t, map[string]string{"peer.py": peerMetadata, "look.py": lookAtMetadata})
	h, _ := host(t, dir)
	done(t, h, sqlTask("SQLScript", "CREATE TABLE t (n)", table("t")))
	done(t, h, postgresTask("SQLScript", "CREATE SCHEMA "+schema+"; CREATE TABLE t (n int); CREATE VIEW v AS SELECT * FROM t", table("t")))
	sqlite, client := call("clients.plain"), call("clients.postgres")
	relations := []python.Relation{
		{Product: python.Product{Class: "SQLiteRelation", Name: "t", Kind: "table"}, Client: sqlite},
		{Product: python.Product{Class: "SQLiteRelation", Schema: "main", Name: "t", Kind: "table"}, Client: sqlite},
		{Product: python.Product{Class: "GenericSQLRelation", Schema: "s", Name: "g", Kind: "view"}, Client: sqlite},
		{Product: python.Product{Class: "GenericProduct", Name: "path/x"}, Client: sqlite},
		{Product: inPostgres(schema, "t", "table"), Client: client},
		{Product: inPostgres("", "v", "view"), Client: client},
	}
	first := params.Of("timestamp", 1700000000.123456, "stored_source_code", strings.Repeat("é\n", 40), "params", params.Of("b", 1, "a", []any{1.5, nil, true}))
	second := first.Set("timestamp", 1700000001.5)
	for i := range relations {
		relations[i].Metadata = first
	}
	states(t, h, python.Save, relations...)
	c := exec.Command(pythontest.Path(t), "-W", "ignore", "peer.py", schema, string(params.AppendJSON(nil, second)))
	c.Dir = dir
	c.Env = append(os.Environ(), "PLOOMBER_STATS_ENABLED=false", "HOME="+dir, "PYTHONPATH=")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, line := range lines[:len(relations)] {
		if want := string(params.AppendJSON(nil, first)) + " True"; line != want {
			t.Errorf("of %s, the peer reads %s, want %s", relations[i].Product.Name, line, want)
		}
	}
	want := strings.TrimSpace(strings.Repeat(string(params.AppendJSON(nil, second))+" ", len(relations)))
	if got := states(t, h, python.Fetch, relations...); got != want {
		t.Errorf("we read %s, want %s", got, want)
	}
	for i := range relations {
		relations[i].Metadata = second
	}
	states(t, h, python.Save, relations...)
	v, err := h.Call(t.Context(), *call("look.rows", "schema", schema))
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, row := range v.([]params.Value) {
		ours = append(ours, row.(string))
	}
	// The peer leaves ours beside its own row of a product without a schema.
	theirs := slices.DeleteFunc(lines[len(relations):], func(row string) bool {
		return strings.HasPrefix(row, "(None, 'path/x'") && strings.Contains(row, "1700000000.123456")
	})
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Error("-peer +ours\n", diff)
	}
}
