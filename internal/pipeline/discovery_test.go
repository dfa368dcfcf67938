package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
)

func TestFindsThePipelineWhereThePeerDoes(t *testing.T) {
	t.Parallel()
	const empty = "tasks: []"
	for name, c := range map[string]struct {
		files   []string // all but setup.cfg hold an empty pipeline
		config  string   // setup.cfg in the root
		in      string
		env     []string
		entry   string
		want    string // the file
		root    string
		refused string
	}{
		"in the folder":             {files: []string{"pipeline.yaml"}, want: "pipeline.yaml", root: "."},
		"in a folder above":         {files: []string{"pipeline.yaml"}, in: "a/b/c", want: "pipeline.yaml", root: "."},
		"too far above":             {files: []string{"pipeline.yaml"}, in: "1/2/3/4/5/6", refused: "there is no pipeline"},
		"the nearest one":           {files: []string{"pipeline.yaml", "a/pipeline.yaml"}, in: "a/b", want: "a/pipeline.yaml", root: "a"},
		"of another name":           {files: []string{"pipeline.yaml", "pipeline.x.yaml"}, env: []string{"ENTRY_POINT", "pipeline.x.yaml"}, want: "pipeline.x.yaml", root: "."},
		"asked for by a path":       {files: []string{"pipeline.yaml"}, env: []string{"ENTRY_POINT", "a/pipeline.yaml"}, refused: "must be the name of a file"},
		"a package":                 {files: []string{"setup.py", "src/pkg/pipeline.yaml"}, in: "src/pkg", want: "src/pkg/pipeline.yaml", root: "."},
		"a package from its root":   {files: []string{"setup.py", "src/pkg/pipeline.yaml"}, want: "src/pkg/pipeline.yaml", root: "."},
		"the first of two packages": {files: []string{"setup.py", "src/b/pipeline.yaml", "src/a/pipeline.yaml", "src/0.egg-info/pipeline.yaml"}, want: "src/a/pipeline.yaml", root: "."},
		"beside setup.py":           {files: []string{"setup.py", "pipeline.yaml"}, want: "pipeline.yaml", root: "."},
		"nearer than setup.py":      {files: []string{"setup.py", "sub/pipeline.yaml"}, in: "sub", want: "sub/pipeline.yaml", root: "sub"},
		"both":                      {files: []string{"setup.py", "pipeline.yaml", "src/p/pipeline.yaml"}, refused: "there are two pipelines"},
		"setup.py alone":            {files: []string{"setup.py"}, refused: "is a package, but has no src/*/pipeline.yaml"},
		"src without setup.py":      {files: []string{"src/p/pipeline.yaml"}, in: "src/p", refused: "there is no setup.py"},
		"the wrong suffix":          {files: []string{"pipeline.yml"}, refused: "rename"},
		"setup.cfg":                 {files: []string{"other.yaml", "pipeline.yaml"}, config: "[metadata]\nentry-point = no\n[ploomber]\nentry-point = other.yaml\n", want: "other.yaml", root: "."},
		"setup.cfg before a name":   {files: []string{"other.yaml", "pipeline.yaml"}, config: "[ploomber]\nentry-point: other.yaml\n", env: []string{"ENTRY_POINT", "pipeline.yaml"}, want: "other.yaml", root: "."},
		"setup.cfg that errs":       {files: []string{"pipeline.yaml"}, config: "[ploomber]\nentry-point = pipelin.yaml\n", refused: `did you mean "pipeline.yaml"?`},
		"setup.cfg of others":       {files: []string{"pipeline.yaml"}, config: "[metadata]\nname = x\n", want: "pipeline.yaml", root: "."},
		"a file":                    {files: []string{"a/x.yaml"}, entry: "a/x.yaml", want: "a/x.yaml", root: "a"},
		"no such file":              {files: []string{"a/x.yaml"}, entry: "a/y.yaml", refused: `there is no entry point "a/y.yaml"`},
		"a file in a module":        {files: []string{"mod/__init__.py", "mod/x.yaml"}, entry: "mod::x.yaml", want: "mod/x.yaml", root: "mod"},
		"no such module":            {files: []string{"pipeline.yaml"}, entry: "mod::x.yaml", refused: `there is no module "mod"`},
		"no file in a module":       {files: []string{"mod/__init__.py"}, entry: "mod::x.yaml", refused: `has no file "x.yaml"`},
		"a factory":                 {files: []string{"pipeline.yaml"}, entry: "mod.make", refused: `"mod.make" must be called`},
		"a factory by name":         {files: []string{"pipeline.yaml"}, env: []string{"ENTRY_POINT", "mod.make"}, refused: `"mod.make" must be called`},
		"neither":                   {files: []string{"pipeline.yaml"}, entry: "nothing", refused: `there is no entry point "nothing"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, nil)
			for _, file := range c.files {
				content := empty
				if strings.HasSuffix(file, ".py") {
					content = ""
				}
				write(t, filepath.Join(dir, file), content)
			}
			if c.config != "" {
				write(t, filepath.Join(dir, "setup.cfg"), c.config)
			}
			in := filepath.Join(dir, c.in)
			if err := os.MkdirAll(in, 0o777); err != nil {
				t.Fatal(err)
			}
			o := pipeline.Options{Dir: in, Entry: c.entry, Lookup: variables(c.env...)}
			if c.refused != "" {
				refused(t, o, c.refused)
				return
			}
			p := must(t, o)
			if want := filepath.Join(dir, c.want); p.File != want {
				t.Errorf("found %s, want %s", p.File, want)
			}
			if want := filepath.Join(dir, c.root); p.Root != want {
				t.Errorf("the root is %s, want %s", p.Root, want)
			}
		})
	}
}

func TestNoPipelineIsNotFound(t *testing.T) {
	t.Parallel()
	_, err := load(t, pipeline.Options{Dir: folder(t, nil)})
	if model.CodeOf(err) != model.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestNestedPipelinesAreWarnedOf(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"pipeline.yaml": "[]", "sub/pipeline.yaml": "[]"})
	p := must(t, pipeline.Options{Dir: filepath.Join(dir, "sub")})
	if !strings.Contains(p.Warnings.Error(), "another pipeline.yaml around this one") {
		t.Errorf("warnings are %v", p.Warnings)
	}
}

func TestEnvFileIsTheNearestThatFits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec    string
		files   []string // in the order in which they win
		in      string
		lookup  []string
		refused string
	}{
		"named":      {spec: "pipeline.x.yaml", files: []string{"cwd/env.x.yaml", "env.x.yaml", "cwd/env.yaml", "env.yaml"}, in: "cwd"},
		"plain":      {spec: "pipeline.yaml", files: []string{"cwd/env.yaml", "env.yaml"}, in: "cwd"},
		"asked":      {spec: "pipeline.x.yaml", files: []string{"cwd/other.yaml", "other.yaml"}, in: "cwd", lookup: []string{"PLOOMBER_ENV_FILENAME", "other.yaml"}},
		"asked path": {spec: "pipeline.yaml", files: []string{"cwd/a/other.yaml", "a/other.yaml"}, in: "cwd", lookup: []string{"PLOOMBER_ENV_FILENAME", "a/other.yaml"}},
		"asked none": {spec: "pipeline.yaml", files: []string{"env.yaml"}, lookup: []string{"PLOOMBER_ENV_FILENAME", "nothing.yaml"}, refused: "neither in the working directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, "")
			write(t, filepath.Join(dir, c.spec), "tasks: [{source: a.sh, name: '{{from}}', product: x}]")
			if err := os.MkdirAll(filepath.Join(dir, c.in), 0o777); err != nil {
				t.Fatal(err)
			}
			for _, file := range c.files {
				write(t, filepath.Join(dir, file), "from: the "+file)
			}
			o := pipeline.Options{Dir: filepath.Join(dir, c.in), Entry: filepath.Join(dir, c.spec), Lookup: variables(c.lookup...)}
			if c.refused != "" {
				refused(t, o, c.refused)
				return
			}
			for _, file := range c.files {
				p := must(t, o)
				if got := p.Tasks[0].Name; got != "the "+file {
					t.Errorf("the env is that of %q, want %q", got, file)
				}
				if !slices.Contains(p.Inputs, filepath.Join(dir, file)) {
					t.Errorf("%s is not among the inputs", file)
				}
				if err := os.Remove(filepath.Join(dir, file)); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestDefaultPlaceholders(t *testing.T) {
	t.Parallel()
	p := one(t, `
- source: steps.go
  product: x
  params: {user: '{{user}}', cwd: '{{cwd}}', here: '{{here}}', root: '{{root}}', now: '{{now}}'}
`)
	want := params.Of("user", "ann", "cwd", p.Dir, "here", p.Dir, "root", p.Dir, "now", "2024-05-06T07:08:09.123456")
	if !p.Tasks[0].Params.Equal(want) {
		t.Errorf("got %v, want %v", p.Tasks[0].Params, want)
	}
}

func TestGitIsAskedWhereItIsUsed(t *testing.T) {
	t.Parallel()
	dir := project(t, "tasks: [{source: steps.go, product: x, params: {a: '{{git}}', b: '{{git_hash}}'}}]")
	asked := 0
	git := func(_ context.Context, at string) (pipeline.Repository, bool) {
		asked++
		return pipeline.Repository{Location: "main", Hash: "v1-dirty"}, at == dir
	}
	p := must(t, pipeline.Options{Dir: dir, Git: git})
	if want := params.Of("a", "main", "b", "v1-dirty"); !p.Tasks[0].Params.Equal(want) || asked != 1 || !p.Volatile {
		t.Errorf("got %v after %d questions", p.Tasks[0].Params, asked)
	}
	write(t, filepath.Join(dir, "pipeline.yaml"), "[]")
	if p := must(t, pipeline.Options{Dir: dir, Git: git}); asked != 1 || p.Volatile {
		t.Errorf("git was asked %d times", asked)
	}
	write(t, filepath.Join(dir, "pipeline.yaml"), "[{source: a.sh, product: '{{git}}'}]")
	refused(t, pipeline.Options{Dir: dir}, "{{git}} is not defined", "it needs git")
}

func TestEnvIsReplaced(t *testing.T) {
	t.Parallel()
	dir := project(t, "tasks: [{source: steps.go, product: x, params: {a: '{{a}}', b: '{{b.c-d}}', e: '{{e}}', f: '{{f}}'}}]",
		"env.yaml", "a: 1\nb: {c-d: 2}\ne: 3\nf: 'a is {{a}}'\n")
	sub := strings.ReplaceAll("tasks: [{source: steps.go, product: x, params: {a: '{{a}}', b: \"{{b['c-d']}}\", e: '{{e}}', f: '{{f}}'}}]", "\t", "")
	write(t, filepath.Join(dir, "pipeline.yaml"), sub)
	p := must(t, pipeline.Options{
		Dir: dir, Env: params.Of("e", "[5]"),
		Set: []pipeline.Setting{{[]string{"a"}, "true"}, {[]string{"b", "c-d"}, "two {{e}}"}},
	})
	want := params.Of("a", true, "b", "two [5]", "e", []any{int64(5)}, "f", "a is 1")
	if !p.Tasks[0].Params.Equal(want) {
		t.Errorf("got %v, want %v", p.Tasks[0].Params, want)
	}
	refused(t, pipeline.Options{Dir: dir, Set: []pipeline.Setting{{[]string{"b", "cd"}, "1"}}}, `there is no "b.cd" in the env`, `did you mean "b.c-d"`)
}

func TestUnusedKeysOfEnvAreWarnedOf(t *testing.T) {
	t.Parallel()
	p := one(t, "tasks: [{source: a.sh, product: '{{out}}'}]", "env.yaml", "base: dir\nout: '{{base}}/x'\nspare: 1\nuser: me\n")
	if got := p.Warnings.Error(); !strings.HasSuffix(got, `env.yaml:3:1: "spare" is not used in the pipeline`) || len(p.Warnings) != 1 {
		t.Errorf("warnings are %s", got)
	}
}

func TestPathsOfEnvAreMade(t *testing.T) {
	t.Parallel()
	dir := project(t, "tasks: [{source: a.sh, product: '{{path.out}}/x'}]", "env.yaml", "path: {out: '~/made//deep/', file: ~}\n")
	write(t, filepath.Join(dir, "env.yaml"), "path: {out: '~/made//deep/'}\n")
	p := must(t, pipeline.Options{Dir: dir, Lookup: variables("HOME", dir)})
	if got, want := p.Tasks[0].Products[0].Path, dir+"/made/deep/x"; got != want {
		t.Errorf("the product is %s, want %s", got, want)
	}
	if info, err := os.Stat(dir + "/made/deep"); err != nil || !info.IsDir() {
		t.Errorf("the folder was not made: %v", err)
	}
}

func TestProductsBehindLinksAreWhereTheyPointTo(t *testing.T) {
	t.Parallel()
	dir := project(t, "[{source: a.sh, product: link/x}, {source: a.sh, name: b, product: alias}]")
	for link, target := range map[string]string{"link": "real", "alias": "target"} {
		write(t, filepath.Join(dir, target, "y"), "")
		if err := os.Symlink(filepath.Join(dir, target), filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	p := must(t, pipeline.Options{Dir: dir})
	got := []string{p.Tasks[0].Products[0].Path, p.Tasks[1].Products[0].Path}
	if diff := cmp.Diff([]string{dir + "/real/x", dir + "/target"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInputsTellWhatWasLookedFor(t *testing.T) {
	t.Parallel()
	p := one(t, "tasks: [{source: steps.go, product: x}, {source: a.sh, product: y}]")
	for _, name := range []string{"pipeline.yaml", "steps.py", "a.sh", "env.yaml", "steps/__init__.py"} {
		if !slices.Contains(p.Inputs, filepath.Join(p.Dir, name)) {
			t.Errorf("%s is not among the inputs %v", name, p.Inputs)
		}
	}
	if p.Volatile {
		t.Error("nothing but files decided")
	}
}

func TestErrorsOfFilesAreErrors(t *testing.T) {
	t.Parallel()
	dir := project(t, "tasks: [{source: folder.sh, product: x}]")
	if err := os.Mkdir(filepath.Join(dir, "folder.sh"), 0o777); err != nil {
		t.Fatal(err)
	}
	refused(t, pipeline.Options{Dir: dir}, `the source "folder.sh" is a folder`)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, pipeline.Options{Dir: dir, Entry: "pipeline.yaml"}); err == nil || errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
}
