package memo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/memo"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// What is within a key can't be taken for what is after it.
func TestValuesOfOneTextAreOne(t *testing.T) {
	t.Parallel()
	a := params.Of("a", int64(1), "kk={6:yyyyyy", int64(3), "zz=1}5:qqqqq", int64(9))
	b := params.Of("a", int64(11), "kk", params.Of("yyyyyy", int64(31), "zz", int64(1)), "qqqqq", int64(9))
	if versionOf(t, params.Of("x", a)).Hash() == versionOf(t, params.Of("x", b)).Hash() {
		t.Error("two values have one version")
	}
}

// site is a project, and a task of it.
type site struct {
	t    *testing.T
	dir  string
	task operator.Task
	memo workflow.Memo
}

func newSite(t *testing.T, kind string, p params.Map, files map[string]string) *site {
	s := &site{t: t, dir: t.TempDir(), memo: workflow.Memo{On: true}}
	s.task = operator.Task{Name: "+w+a", Type: kind, Params: p, Scope: p, Project: s.dir, Workdir: s.dir}
	for name, text := range files {
		s.write(name, text)
	}
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) version() string {
	s.t.Helper()
	parts, why, err := memo.Version(memo.Asked{Task: &s.task}, s.memo)
	if err != nil || why != "" {
		s.t.Fatal(why, err)
	}
	return parts.Hash()
}

// changes tells whether something changes the version.
func (s *site) changes(what string, change func(), want bool) {
	s.t.Helper()
	before := s.version()
	change()
	if got := s.version() != before; got != want {
		s.t.Errorf("%s changes the version: %t, want %t", what, got, want)
	}
}

func (s *site) set(name string, v params.Value) func() {
	return func() {
		s.task.Params, s.task.Scope = s.task.Params.Set(name, v), s.task.Scope.Set(name, v)
	}
}

func TestWhatATaskOfPythonFollowsFrom(t *testing.T) {
	t.Parallel()
	s := newSite(t, "py", params.Of("_command", "pkg.tasks.train", "rows", int64(1)), map[string]string{
		"pkg/__init__.py": "A = 1\n",
		"pkg/tasks.py":    "import lib.deep.low\n\ndef train(rows):\n    return rows\n\ndef other():\n    pass\n",
		"lib/__init__.py": "B = 1\n", "lib/deep/__init__.py": "C = 1\n", "lib/deep/low.py": "D = 1\n", "lib/not.py": "E = 1\n",
	})
	edit := func(name, text string) func() { return func() { s.write(name, text) } }
	s.changes("the package of the function", edit("pkg/__init__.py", "A = 2\n"), true)
	s.changes("an imported module", edit("lib/deep/low.py", "D = 2\n"), true)
	s.changes("the package of that", edit("lib/deep/__init__.py", "C = 2\n"), true)
	s.changes("the package of that package", edit("lib/__init__.py", "B = 2\n"), true)
	s.changes("a module that is not imported", edit("lib/not.py", "E = 2\n"), false)
	s.changes("what the function takes", s.set("rows", int64(2)), true)
	s.changes("what it does not take", s.set("more", int64(2)), false)
	s.changes("the interpreter", s.set("python", "python3.9"), true)
	s.changes("the image", s.set("_needs", params.Of("cpu", int64(1), "image", "a:1")), true)
	s.changes("another need", s.set("_needs", params.Of("cpu", int64(2), "image", "a:1")), false)
	s.changes("a look at all parameters", edit("lib/deep/low.py", "import digdag\nD = digdag.env.params\n"), true)
	s.changes("one of them", s.set("more", int64(3)), true)
	s.changes("an import of them", edit("lib/deep/low.py", "from digdag_env import (store,\n  params)\n"), true)
	s.changes("one of these", s.set("more", int64(4)), true)
}

func TestAMethodFollowsFromItsModule(t *testing.T) {
	t.Parallel()
	s := newSite(t, "py", params.Of("_command", "tasks.K.run", "p", int64(1)), map[string]string{
		"tasks.py": "import low\n\nclass K:\n    def run(self, p):\n        return 1\n", "low.py": "A = 1\n",
	})
	s.changes("the method", func() { s.write("tasks.py", "import low\n\nclass K:\n    def run(self, p):\n        return 2\n") }, true)
	s.changes("what its module imports", func() { s.write("low.py", "A = 2\n") }, true)
	s.changes("a parameter", s.set("p", int64(2)), true)
	s.task.Params = s.task.Params.Set("_command", "tasks.L.run")
	if _, why, err := memo.Version(memo.Asked{Task: &s.task}, s.memo); err != nil || why == "" {
		t.Error("a class that is not there has a version:", err)
	}
}

// A file may have the name of a module that is elsewhere.
func TestAFileIsNoPackage(t *testing.T) {
	t.Parallel()
	s := newSite(t, "py", params.Of("_command", "tasks.run"), map[string]string{
		"tasks.py": "import data.load\nfrom etl import start\n\ndef run():\n    pass\n", "data": "", "etl": "#!/bin/sh\n",
	})
	s.changes("the file", func() { s.write("etl", "#!/bin/bash\n") }, false)
	s.changes("a module", func() { s.write("etl.py", "A = 1\n") }, true)
}

func TestFilesThatAreNotThereAreNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sh", params.Of("_command", "x"), map[string]string{"b": ""})
	for _, name := range []string{"conf/a.txt", "b/a.txt"} {
		s.memo.Files = []string{name}
		_, _, err := memo.Version(memo.Asked{Task: &s.task}, s.memo)
		if want := "there is no file " + name + ", which its memo names"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestWhatACommandFollowsFrom(t *testing.T) {
	t.Parallel()
	s := newSite(t, "sh", params.Of("_command", "python -u run.py x", "attempt_id", int64(1), "session_time", "now"), map[string]string{"run.py": "1", "files/a": "1"})
	s.changes("the script", func() { s.write("run.py", "2") }, true)
	s.changes("a parameter", s.set("p", int64(1)), true)
	s.changes("a parameter that is set by default alone", func() { s.task.Params = s.task.Params.Set("q", int64(1)) }, true)
	s.changes("the time zone", func() { s.task.Params = s.task.Params.Set("timezone", "Asia/Tokyo") }, true)
	s.changes("another attempt", s.set("attempt_id", int64(2)), false)
	s.changes("another session", s.set("session_time", "then"), false)
	s.changes("a shell", s.set("shell", []params.Value{"bash"}), true)
	s.memo.Files = []string{"files"}
	s.changes("a file below a named folder", func() { s.write("files/b", "1") }, true)
	s.changes("a file that is not named", func() { s.write("other", "1") }, false)
	if err := os.Symlink(filepath.Join(s.dir, "files"), filepath.Join(s.dir, "link")); err != nil {
		t.Skip(err)
	}
	s.memo.Files = []string{"link"}
	s.changes("a file behind a link", func() { s.write("files/a", "2") }, true)
	s.memo.Files = []string{"top"}
	s.write("top/own", "1")
	for link, to := range map[string]string{"top/sub": "files", "top/again": "top"} {
		if err := os.Symlink(filepath.Join(s.dir, to), filepath.Join(s.dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	s.changes("a file of a folder behind a link below a named folder", func() { s.write("files/a", "3") }, true)
	s.changes("one that is new there", func() { s.write("files/deep/c", "1") }, true)
	s.changes("a file below a folder that has a link to itself", func() { s.write("top/own", "2") }, true)
}

func TestAnOperatorFollowsFromWhatItReads(t *testing.T) {
	t.Parallel()
	s := newSite(t, "http", params.Of("_command", "https://x"), nil)
	read := func() string {
		parts, why, err := memo.Version(memo.Asked{Task: &s.task, Reads: []string{"method"}}, s.memo)
		if err != nil || why != "" {
			t.Fatal(why, err)
		}
		return parts.Hash()
	}
	before := read()
	s.task.Params = s.task.Params.Set("method", "POST") // as a default of the operator says
	if read() == before {
		t.Error("what the operator reads does not count")
	}
	before = read()
	if s.set("body", "x")(); read() != before {
		t.Error("what the operator does not read counts")
	}
}
