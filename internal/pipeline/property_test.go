package pipeline_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/prop"
)

// drawn is a random pipeline that is right.
type drawn struct {
	spec  string
	files map[string]string
	edges map[string][]string // what each task comes after
}

func draw(t *rapid.T) drawn {
	d := drawn{files: map[string]string{}, edges: map[string][]string{}}
	var b strings.Builder
	b.WriteString("meta: {extract_upstream: true}\ntasks:\n")
	count := rapid.IntRange(1, 8).Draw(t, "tasks")
	var functions strings.Builder
	for i := range count {
		name := fmt.Sprintf("t%d", i)
		var ups, uses []string
		for j := range i {
			if rapid.Bool().Draw(t, "edge") {
				ups = append(ups, fmt.Sprintf("t%d", j))
				uses = append(uses, fmt.Sprintf("upstream['t%d']", j))
			}
		}
		d.edges[name] = ups
		value := rapid.SampledFrom([]string{"1", "x", "[1, 2]", "{a: b}", "'{{placeholder}}'", "yes", "2020-01-01", "~"}).Draw(t, "value")
		if rapid.Bool().Draw(t, "function") {
			args := "product, p"
			if len(ups) > 0 {
				args += ", upstream"
			}
			fmt.Fprintf(&functions, "def %s(%s):\n    return [%s]\n\n", name, args, strings.Join(uses, ", "))
			fmt.Fprintf(&b, "  - {source: steps.%s, product: out/%s, params: {p: %s}}\n", name, name, value)
			continue
		}
		d.files[name+".sh"] = "echo {{p}} {{product}}\n"
		for _, use := range uses {
			d.files[name+".sh"] += "cat {{" + use + "}}\n"
		}
		fmt.Fprintf(&b, "  - source: %s.sh\n    product: out/%s\n    params:\n      p: %s\n", name, name, value)
	}
	d.spec = b.String()
	d.files["pipeline.yaml"] = d.spec
	d.files["steps.py"] = functions.String()
	d.files["env.yaml"] = "placeholder: [3, '{{user}}']\n"
	return d
}

func TestWhatIsRightLoads(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(rt *rapid.T) {
		d := draw(rt)
		p, err := load(t, pipeline.Options{Dir: folder(t, d.files)})
		if err != nil {
			rt.Fatalf("%s\n%s", d.spec, excerpt(err))
		}
		for _, task := range p.Tasks {
			var got []string
			for _, up := range task.Upstream {
				got = append(got, up.Task)
			}
			if want := d.edges[task.Name]; fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("%s comes after %v, want %v", task.Name, got, want)
			}
		}
		if _, err := pipeline.Workflow(p, nil); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestWhatIsDamagedIsAnErrorOrLoads(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(rt *rapid.T) {
		d := draw(rt)
		dir := folder(t, d.files)
		spec := []byte(d.spec)
		for range rapid.IntRange(1, 4).Draw(rt, "damages") {
			at := rapid.IntRange(0, len(spec)-1).Draw(rt, "at")
			switch rapid.IntRange(0, 2).Draw(rt, "kind") {
			case 0:
				spec = append(spec[:at:at], spec[at+1:]...)
			case 1:
				spec[at] = rapid.SampledFrom([]byte("{}[]:,'\"*&!-? \n#|%@0a~.")).Draw(rt, "byte")
			case 2:
				end := min(len(spec), at+rapid.IntRange(1, 30).Draw(rt, "length"))
				spec = append(append(append([]byte{}, spec[:end]...), spec[at:end]...), spec[end:]...)
			}
			if len(spec) == 0 {
				return
			}
		}
		write(t, filepath.Join(dir, "pipeline.yaml"), string(spec))
		if p, err := load(t, pipeline.Options{Dir: dir}); err == nil {
			if _, err := pipeline.Workflow(p, nil); err != nil {
				rt.Fatalf("it loads, but is no workflow: %v\n%s", err, spec)
			}
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add("tasks: [{source: a.sh, product: x, params: {a: '{{user}}'}}]", "a: '{{b}}'", "{{product}}")
	f.Add("tasks: [{source: steps.go, name: 'g-[[a]]', product: x, grid: {a: [1, {b: c}]}}]", "path: {a: b}", "def go(product, a): pass")
	f.Add("{meta: {extract_product: true}, tasks: [nb.py, q.sql]}", "", "{% set product = SQLRelation(['a', 'table']) %}{{product}}")
	f.Add("{meta: {import_tasks_from: env.yaml}, tasks: []}", "[{source: a.sh, product: x}]", "[[upstream]] {{upstream.a}}")
	f.Fuzz(func(t *testing.T, spec, env, source string) {
		if strings.Contains(env, "path") {
			return // folders are made for these, wherever they are
		}
		dir := folder(t, map[string]string{
			"pipeline.yaml": spec, "env.yaml": env, "a.sh": source, "q.sql": source, "steps.py": source, "nb.py": source, "nb.ipynb": source,
		})
		p, err := load(t, pipeline.Options{Dir: dir})
		if err != nil {
			_ = excerpt(err)
			return
		}
		if _, err := pipeline.Workflow(p, nil); err != nil {
			t.Errorf("it loads, but is no workflow: %v", err)
		}
	})
}
