package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// layerWidth is how many tasks a layer of a pipeline has.
const layerWidth = 100

// needs returns the tasks that one needs: three of the layer before.
func needs(task int) []int {
	above := task - task%layerWidth - layerWidth
	if above < 0 {
		return nil
	}
	var list []int
	for _, step := range []int{0, 1, 7} {
		list = append(list, above+(task+step)%layerWidth)
	}
	return list
}

// productOf is the file that a task makes, below the folder of its project.
func productOf(task int) string { return fmt.Sprintf("out/%d/table-%d.csv", task/1000, task) }

// functions defines a pipeline of Python functions, a hundred in a module.
func functions(n int) map[string]string {
	var spec strings.Builder
	modules := make([]strings.Builder, (n+layerWidth-1)/layerWidth)
	spec.WriteString("tasks:\n")
	for i := range n {
		m := i / layerWidth
		fmt.Fprintf(&spec, "- {source: steps%d.step%d, name: task%d, product: %s, params: {n: %d}}\n", m, i, i, productOf(i), i)
		arguments, body := "product, n", ""
		for _, up := range needs(i) {
			arguments = "product, n, upstream"
			body += fmt.Sprintf("    check(upstream['task%d'])\n", up)
		}
		fmt.Fprintf(&modules[m], "def step%d(%s):\n%s    with open(product, 'w') as f:\n        f.write(str(n))\n\n\n", i, arguments, body)
	}
	all := map[string]string{"pipeline.yaml": spec.String()}
	for m := range modules {
		all[fmt.Sprintf("steps%d.py", m)] = modules[m].String()
	}
	return all
}

// scripts defines a pipeline of shell scripts.
func scripts(n int) map[string]string {
	var spec strings.Builder
	all := make(map[string]string, n+1)
	spec.WriteString("tasks:\n")
	for i := range n {
		fmt.Fprintf(&spec, "- {source: scripts/step%d.sh, name: task%d, product: %s}\n", i, i, productOf(i))
		text := "cat /dev/null"
		for _, up := range needs(i) {
			text += fmt.Sprintf(" {{upstream['task%d']}}", up)
		}
		all[fmt.Sprintf("scripts/step%d.sh", i)] = text + " > {{product}}\n"
	}
	all["pipeline.yaml"] = spec.String()
	return all
}

// built is a project whose products are all up to date.
type built struct {
	dir string
	// files are all that have to be looked at to see that, and records those of
	// them that are metadata.
	files, records []string
}

// built writes a project with its products and their records, as if all its
// tasks had run a while ago.
func (h *harness) built(definition map[string]string) (b built, err error) {
	if b.dir, err = os.MkdirTemp(h.dir, "pipeline-"); err != nil {
		return built{}, err
	}
	p, err := written(b.dir, definition)
	if err != nil {
		return built{}, err
	}
	b.files = p.Inputs
	for i, t := range p.Tasks {
		path := t.Products[0].Path
		record := product.NewRecord(float64(1_700_000_000+i/layerWidth), t.Code, t.Tracked())
		metadata := files.MetadataPath(path)
		if err := errors.Join(put(path, nil), put(metadata, product.AppendRecord(nil, record))); err != nil {
			return built{}, err
		}
		b.files, b.records = append(b.files, path, metadata), append(b.records, metadata)
	}
	return b, nil
}

// written writes the files of a project and loads its pipeline.
func written(dir string, definition map[string]string) (*pipeline.Pipeline, error) {
	for name, text := range definition {
		if err := put(filepath.Join(dir, name), []byte(text)); err != nil {
			return nil, err
		}
	}
	return loaded(dir)
}

func loaded(dir string) (*pipeline.Pipeline, error) {
	return pipeline.Load(context.Background(), pipeline.Options{Dir: dir, Lookup: nowhere})
}

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

func put(path string, content []byte) error {
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, content, 0o666))
}

// putLines writes a file with lines.
func putLines(path string, lines []string) error {
	return put(path, []byte(strings.Join(lines, "\n")+"\n"))
}

// settle waits until files that were just written can't change any more without
// a trace, which is when something is remembered of them.
func (h *harness) settle() {
	if !h.quick {
		<-time.After(3 * time.Second)
	}
}
