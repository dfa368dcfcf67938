package listing_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/operators/listing"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/operator"
)

// items returns the items of a source, as text, and the error that ends them.
func items(t *testing.T, dir string, source params.Map) (list []string, err error) {
	t.Helper()
	task := &operator.Task{Local: source, Project: dir, Workdir: dir, Secrets: secret.Map{}}
	r, err := listing.Specs()[0].Operator.Run(t.Context(), task)
	if err != nil {
		return nil, err
	}
	for item, err := range r.Each {
		if err != nil {
			return list, err
		}
		list = append(list, item.Key+" "+string(params.AppendJSON(nil, item.Value)))
	}
	return list, nil
}

// project is a folder with files.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestItemsOfASource(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"a.jsonl": "{\"n\": 1, \"of\": {\"id\": \"x\"}}\n\n[2]\n\"three\"\n", "b.csv": "id,name\n7,\"one, two\"\n8,\n", "c": "1\n2", "none.csv": "", "d.jsonl": "{\"of\":{\"id\":4}}\n",
	})
	for name, test := range map[string]struct {
		source params.Map
		want   []string
	}{
		"a list":               {params.Of("list", []any{1, "b", params.Of("x", 1)}), []string{"1 1", "b \"b\"", " {\"x\":1}"}},
		"a list as text":       {params.Of("list", "[1, 2]"), []string{"1 1", "2 2"}},
		"no items":             {params.Of("list", []any{}), nil},
		"lines":                {params.Of("file", "a.jsonl"), []string{" {\"n\":1,\"of\":{\"id\":\"x\"}}", " [2]", "three \"three\""}},
		"lines with ids":       {params.Of("file", "d.jsonl", "id", "of.id"), []string{"4 {\"of\":{\"id\":4}}"}},
		"rows":                 {params.Of("file", "b.csv", "id", "id"), []string{"7 {\"id\":\"7\",\"name\":\"one, two\"}", "8 {\"id\":\"8\",\"name\":\"\"}"}},
		"a file of no rows":    {params.Of("file", "none.csv"), nil},
		"a file with a format": {params.Of("file", "c", "format", "jsonl"), []string{"1 1", "2 2"}},
	} {
		got, err := items(t, dir, test.source)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestItemsOfAQuery(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "shops.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE shop (id INTEGER, name TEXT, part REAL); INSERT INTO shop VALUES (1, 'a', 0.5), (2, NULL, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := items(t, dir, params.Of("query", "SELECT * FROM shop ORDER BY id;", "database", "shops.db", "id", "id"))
	want := []string{`1 {"id":1,"name":"a","part":0.5}`, `2 {"id":2,"name":null,"part":1.0}`}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}

func TestItemsOfAQueryOfPostgreSQL(t *testing.T) {
	t.Parallel()
	address := postgrestest.Own(t).URL
	got, err := items(t, t.TempDir(), params.Of("query", "SELECT n AS id, 'x' || n AS name FROM generate_series(1, 2) n", "database", address, "id", "name"))
	want := []string{`x1 {"id":1,"name":"x1"}`, `x2 {"id":2,"name":"x2"}`}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	if _, err := items(t, t.TempDir(), params.Of("query", "SELECT nothing", "database", address)); err == nil {
		t.Error("a query that is wrong is no error")
	}
}

func TestWhatIsWrongWithASource(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"bad.jsonl": "1\n{", "bad.csv": "a,b\n1\n", "twice.csv": "a,b,a\n1,2,3\n", "x.txt": ""})
	for name, test := range map[string]struct {
		source params.Map
		want   string
	}{
		"no source":                {params.Of("id", "x"), "is one of list, file and query"},
		"two sources":              {params.Of("list", []any{}, "file", "x"), "items can't come from a list and a file"},
		"a query of nothing":       {params.Of("query", "select 1"), "a query needs a database"},
		"a key without effect":     {params.Of("list", []any{}, "format", "csv"), "format has no effect without file"},
		"an unknown format":        {params.Of("file", "x", "format", "cvs"), `format must be jsonl or csv, not "cvs"`},
		"a file that says nothing": {params.Of("file", "x.txt"), "does not say what it has"},
		"a file that is missing":   {params.Of("file", "y.csv"), "no such file"},
		"a file elsewhere":         {params.Of("file", "../y.csv"), "outside of project"},
		"a line that is no JSON":   {params.Of("file", "bad.jsonl"), "bad.jsonl: line 2"},
		"a row that is short":      {params.Of("file", "bad.csv"), "bad.csv: record on line 2"},
		"two columns of a name":    {params.Of("file", "twice.csv"), `twice.csv: line 1: two columns have the name "a"`},
		"an item without id":       {params.Of("list", []any{1}, "id", "x"), `item 0 has no text or number under its id "x"`},
		"another database":         {params.Of("query", "select 1", "database", "mysql://x"), "database can't be mysql://"},
		"no database":              {params.Of("query", "select 1", "database", "none.db"), "no such file"},
	} {
		if _, err := items(t, dir, test.source); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

// A source of a million lines is read line by line.
func TestItemsAreReadAsTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"a.jsonl": strings.Repeat("1\n", 5) + "{"})
	task := &operator.Task{Local: params.Of("file", "a.jsonl"), Project: dir, Workdir: dir}
	r, err := listing.Specs()[0].Operator.Run(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range r.Each {
		if n++; err != nil {
			t.Fatal(fmt.Errorf("item %d: %w", n, err))
		}
		if n == 5 {
			break
		}
	}
}
