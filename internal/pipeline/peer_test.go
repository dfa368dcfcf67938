package pipeline_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// The files beside testdata/vectors.py say what the original makes of each
// project.
func TestProjectsAreWhatTheyAreForThePeer(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("testdata/projects/*")
	if err != nil || len(found) < 9 {
		t.Fatal(found, err)
	}
	for _, project := range found {
		name := filepath.Base(project)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := copyOf(t, project)
			p, err := load(t, pipeline.Options{Dir: root})
			if err != nil {
				t.Fatal(excerpt(err))
			}
			vectors, err := os.ReadFile("testdata/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			want, err := params.ParseJSON(vectors)
			if err != nil {
				t.Fatal(err)
			}
			var got []params.Value
			for _, task := range p.Tasks {
				got = append(got, asPeer(t, task))
			}
			if diff := cmp.Diff(pretty(want), strings.ReplaceAll(pretty(got), root, "{root}")); diff != "" {
				t.Errorf("(-peer +pawl):\n%s", diff)
			}
		})
	}
}

func pretty(v params.Value) string {
	var out any
	if err := json.Unmarshal(params.AppendJSON(nil, v), &out); err != nil {
		return err.Error()
	}
	text, _ := json.MarshalIndent(out, "", " ")
	return string(text)
}

// asPeer returns a task in the form of the vectors.
func asPeer(t *testing.T, task *pipeline.Task) params.Map {
	t.Helper()
	product := func(p pipeline.Product) params.Map {
		m := params.Of("class", p.Class, "text", p.String())
		if p.Kind != "" {
			m = m.Set("schema", p.Schema).Set("name", p.Name).Set("kind", p.Kind)
		}
		return m
	}
	products := product(task.Products[0])
	if task.Keyed {
		products = params.Map{}
		for _, p := range task.Products {
			products = products.Set(p.Key, product(p))
		}
	}
	var upstream params.Map
	for _, up := range task.Upstream {
		upstream = upstream.Set(up.Task, up.Group)
	}
	loc := task.Source.Path
	if task.Line > 0 {
		loc += ":" + strconv.Itoa(task.Line)
	}
	return params.Of("name", task.Name, "class", string(task.Class), "product", products, "upstream", upstream,
		"params", task.Params, "code", task.Code, "language", task.Language, "doc", task.Doc, "loc", loc)
}
