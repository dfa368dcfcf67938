package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/pipeline"
)

// pipelineLoad loads pipelines of 10,000 tasks, and reads the outline that is
// enough where nothing changed, beside a bare parse of their definition.
func pipelineLoad(h *harness) error {
	n := h.size(10_000, 200)
	var cases []testCase
	var outline testCase
	for _, c := range []struct {
		name       string
		definition map[string]string
	}{{"functions", functions(n)}, {"scripts", scripts(n)}} {
		dir := filepath.Join(h.dir, c.name)
		p, err := written(dir, c.definition)
		if err != nil {
			return err
		}
		cases = append(cases, testCase{"pipeline-load-" + c.name, "ms", func() (float64, error) {
			return milliseconds(func() error { return complete(loaded(dir))(n) })
		}})
		if outline, err = h.outlineOf(p, n); err != nil {
			return err
		}
		outline.name += c.name
		cases = append(cases, outline)
		definition := []byte(c.definition["pipeline.yaml"])
		cases = append(cases, testCase{"yaml-nodes-" + c.name, "ms", func() (float64, error) {
			return milliseconds(func() error { var n yaml.Node; return yaml.Unmarshal(definition, &n) })
		}})
	}
	return h.measure(cases...)
}

// complete returns a check that a pipeline has all its tasks.
func complete(p *pipeline.Pipeline, err error) func(n int) error {
	return func(n int) error {
		if err == nil && len(p.Tasks) != n {
			err = fmt.Errorf("%d of %d tasks", len(p.Tasks), n)
		}
		return err
	}
}

// outlineOf keeps the outline of a pipeline and measures how long it takes to
// read it, with a look at all that the pipeline was made of.
func (h *harness) outlineOf(p *pipeline.Pipeline, n int) (testCase, error) {
	file := filepath.Join(p.Dir, "outline")
	o, ok := build.OutlineOf(p)
	if !ok {
		return testCase{}, errors.New("the pipeline has no outline")
	}
	later := time.Now().Add(time.Minute) // by then no file has just changed
	seal, ok := build.Origin{Inputs: p.Inputs, Paths: p.Paths, Began: later}.Seal()
	if !ok {
		return testCase{}, errors.New("the files of the pipeline have just changed")
	}
	if err := o.Write(file, seal); err != nil {
		return testCase{}, err
	}
	return testCase{"pipeline-outline-", "ms", func() (float64, error) {
		return milliseconds(func() error {
			o, ok := build.ReadOutline(file, nil, nowhere)
			if !ok || len(o.Names()) != n {
				return errors.New("the outline does not count")
			}
			return nil
		})
	}}, nil
}

// oneChange plans and builds a pipeline of 10,000 scripts of which one has
// changed, beside a build of the same pipeline in which nothing is to be done.
func oneChange(h *harness) error {
	n := h.size(10_000, 200)
	same, err := h.built(scripts(n))
	if err != nil {
		return err
	}
	changed, err := h.built(scripts(n))
	if err != nil {
		return err
	}
	h.settle()
	for _, b := range []built{same, changed} {
		if err := h.nothingToDo(n, b.dir); err != nil {
			return err
		}
	}
	script := filepath.Join(changed.dir, fmt.Sprintf("scripts/step%d.sh", n-1))
	edit := func() error {
		f, err := os.OpenFile(script, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("# changed\n")
		return errors.Join(err, f.Close())
	}
	if err := edit(); err != nil {
		return err
	}
	if err := says(changed.dir, fmt.Sprintf("1 to run, %d to skip", n-1), h.pawl, "plan"); err != nil {
		return err
	}
	plan := after(edit, h.command("plan-one-changed", changed.dir, h.pawl, "plan"))
	nothing := h.command("build-none-changed", same.dir, h.pawl, "build")
	one := after(edit, h.command("build-one-changed", changed.dir, h.pawl, "build"))
	if err := h.measure(plan, nothing, one); err != nil {
		return err
	}
	planned, none := h.report.figures[plan.name].values, h.report.figures[nothing.name].values
	for i := range planned {
		h.note("one-change", "ms", planned[i]-none[i])
	}
	h.report.printFigure("one-change")
	return nil
}

// after has each run of a case begin with something that does not count.
func after(first func() error, c testCase) testCase {
	run := c.run
	c.run = func() (float64, error) {
		if err := first(); err != nil {
			return 0, err
		}
		return run()
	}
	return c
}

// pyPipeline builds 100 small tasks that are Python functions, two at a time,
// beside an interpreter for each.
func pyPipeline(h *harness) error {
	n := h.size(100, 4)
	var spec, module, calls strings.Builder
	spec.WriteString("tasks:\n")
	for i := range n {
		fmt.Fprintf(&spec, "- {source: steps.step%d, name: task%d, product: out/%d.txt}\n", i, i, i)
		fmt.Fprintf(&module, "def step%d(product):\n    with open(product, 'w') as f:\n        f.write('x')\n\n\n", i)
		fmt.Fprintf(&calls, "import steps; steps.step%d(\"bare/%d.txt\")\n", i, i)
	}
	dir, err := h.project(map[string]string{
		"pipeline.yaml": spec.String(), "steps.py": module.String(), "calls": calls.String(),
	})
	if err != nil {
		return err
	}
	const python = "/usr/bin/python3"
	return h.measure(
		making(n, dir, "out", h.command("py-pipeline", dir, "env", "PAWL_PYTHON="+python, h.pawl, "build", "--max-task-threads", "2")),
		making(n, dir, "bare", h.command("py-bare", dir, "xargs", "-a", "calls", "-d", "\n", "-n", "1", "-P", "2", python, "-c")),
	)
}

// making has a case begin with an empty folder, and fail unless that has so many
// files in the end.
func making(n int, dir, folder string, c testCase) testCase {
	folder = filepath.Join(dir, folder)
	run := c.run
	c.run = func() (float64, error) {
		if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o777)); err != nil {
			return 0, err
		}
		v, err := run()
		found, _ := filepath.Glob(filepath.Join(folder, "*.txt")) // the pattern is valid
		if err == nil && len(found) != n {
			err = fmt.Errorf("%d of %d files were made", len(found), n)
		}
		return v, err
	}
	return c
}
