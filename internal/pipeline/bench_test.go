package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/pipeline"
)

const benchTasks = 10_000

// BenchmarkLoad loads pipelines in which each task comes after another one, as
// the first command in a folder does.
func BenchmarkLoad(b *testing.B) {
	for name, write := range map[string]func(testing.TB, int) string{
		"functions": manyFunctions,
		"shell":     manyScripts,
		"grid":      bigGrid,
	} {
		b.Run(name, func(b *testing.B) {
			dir := write(b, benchTasks)
			b.ReportAllocs()
			for b.Loop() {
				p, err := load(b, pipeline.Options{Dir: dir})
				if err != nil || len(p.Tasks) != benchTasks {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/benchTasks, "µs/task")
		})
	}
}

// manyFunctions writes tasks whose functions are in files of a hundred.
func manyFunctions(t testing.TB, count int) string {
	var spec strings.Builder
	files := map[string]string{}
	spec.WriteString("tasks:\n")
	for i := range count {
		module := fmt.Sprintf("steps%d", i/100)
		fmt.Fprintf(&spec, "- source: %s.step%d\n  name: task%d\n  product: out/%d.csv\n  params: {number: %d}\n", module, i, i, i, i)
		up := ""
		args := "product, number"
		if i > 0 {
			up = fmt.Sprintf("    data = upstream['task%d']\n", i-1)
			args += ", upstream"
		}
		files[module+".py"] += fmt.Sprintf("def step%d(%s):\n    \"\"\"Step %d.\"\"\"\n%s    with open(product, 'w') as f:\n        f.write(str(number))\n\n\n", i, args, i, up)
	}
	files["pipeline.yaml"] = spec.String()
	return folder(t, files)
}

// manyScripts writes tasks that have a script each.
func manyScripts(t testing.TB, count int) string {
	var spec strings.Builder
	files := map[string]string{}
	spec.WriteString("tasks:\n")
	for i := range count {
		fmt.Fprintf(&spec, "- source: scripts/step%d.sh\n  name: task%d\n  product: out/%d.csv\n", i, i, i)
		text := "echo start > {{product}}\n"
		if i > 0 {
			text = fmt.Sprintf("cat {{upstream['task%d']}} > {{product}}\n", i-1)
		}
		files[fmt.Sprintf("scripts/step%d.sh", i)] = text
	}
	files["pipeline.yaml"] = spec.String()
	return folder(t, files)
}

func bigGrid(t testing.TB, count int) string {
	values := make([]string, count)
	for i := range values {
		values[i] = fmt.Sprint(i)
	}
	return folder(t, map[string]string{
		"pipeline.yaml": "- source: steps.one\n  name: one-[[n]]\n  product: out/[[n]].csv\n  grid: {n: [" + strings.Join(values, ", ") + "]}\n",
		"steps.py":      "def one(product, n):\n    pass\n",
	})
}

// BenchmarkWorkflow makes a workflow of a pipeline.
func BenchmarkWorkflow(b *testing.B) {
	p := must(b, pipeline.Options{Dir: manyFunctions(b, benchTasks)})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pipeline.Workflow(p, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/benchTasks, "µs/task")
}
