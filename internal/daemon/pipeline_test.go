package daemon_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pythontest"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// onDisk makes a site on a database.
func onDisk(t *testing.T) *site {
	t.Helper()
	st, err := sqlite.Open(filepath.Join(t.TempDir(), "pawl.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return newSiteOn(t, st)
}

// session runs a session of the workflow "pipeline" on a day of January to its
// end, which has to be want.
func (s *site) session(day int, want engine.AttemptState) model.AttemptID {
	s.Helper()
	a := s.start(service.Start{Workflow: s.workflow("pipeline"), Session: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)})
	if got := s.ended(a.ID); got != want {
		s.Errorf("the attempt is %s, want %s: %v", got, want, s.told(a.ID))
	}
	return a.ID
}

// told returns what the events of an attempt say of its tasks: their verdicts,
// and why they failed.
func (s *site) told(id model.AttemptID) map[string]string {
	s.Helper()
	events, err := s.store.Events(s.Context(), id, 0, 0)
	if err != nil {
		s.Fatal(err)
	}
	told := make(map[string]string)
	for _, e := range events {
		switch {
		case e.Kind == engine.TaskJudged:
			skip, err := e.Data.BoolOr("skip", false)
			reason, rerr := e.Data.StringOr("reason", "")
			if err != nil || rerr != nil {
				s.Fatal(err, rerr)
			}
			told[e.Name] = map[bool]string{true: "skip: ", false: "run: "}[skip] + reason
		case e.Kind == engine.TaskEnded && e.State == model.Failed:
			told[e.Name] += fmt.Sprintf(" %v", e.Data)
		}
	}
	return told
}

// twoScripts are the files of a pipeline of two tasks.
func twoScripts(products string) map[string]string {
	return map[string]string{
		"pipeline.yaml": "tasks:\n" +
			"- {source: load.sh, product: " + products + "/raw.txt}\n" +
			"- {source: fit.sh, product: " + products + "/model.txt}\n",
		"load.sh": "echo raw > {{product}}\n",
		"fit.sh":  "cat {{upstream.load}} > {{product}}\n",
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestATaskTellsWhyItWorksWhileItDoes(t *testing.T) {
	t.Parallel()
	s, dir := onDisk(t), t.TempDir()
	gate := filepath.Join(dir, "gate")
	s.push("1", map[string]string{
		"pipeline.yaml": "tasks: [{source: load.sh, product: " + dir + "/raw.txt}]\n",
		"load.sh":       "mkfifo " + gate + ".new; mv " + gate + ".new " + gate + "; cat " + gate + " > {{product}}\n",
	})
	s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("pipeline")})
	s.until(a.ID, func(*store.Snapshot) bool { return s.told(a.ID)["+pipeline+load"] == "run: never built" })
	if err := os.WriteFile(gate, []byte("raw"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Errorf("the attempt is %s: %v", got, s.told(a.ID))
	}
	events, err := s.store.Events(t.Context(), a.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
		if e.Name == "+pipeline+load" {
			kinds = append(kinds, e.Kind.String())
		}
	}
	if diff := cmp.Diff([]string{"task_started", "task_judged", "product_made", "task_ended"}, kinds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAPipelineInAFolderMakesWhatIsNotUpToDate(t *testing.T) {
	t.Parallel()
	s, dir := onDisk(t), t.TempDir()
	write(t, dir, twoScripts("out"))
	follow := func(want string) {
		t.Helper()
		if got, err := s.Follow(t.Context(), "p", dir); err != nil || got != want {
			t.Fatalf("the revision is %q, error %v, want %q", got, err, want)
		}
	}
	follow("1")
	s.work(func(c *daemon.Config) { c.Folder = dir })
	want := func(id model.AttemptID, load, fit string) {
		t.Helper()
		if diff := cmp.Diff(map[string]string{"+pipeline+load": load, "+pipeline+fit": fit}, s.told(id)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	want(s.session(1, engine.AttemptSuccess), "run: never built", "run: never built")
	want(s.session(2, engine.AttemptSuccess), "skip: up to date", "skip: up to date")
	follow("")
	write(t, dir, map[string]string{"fit.sh": "cat {{upstream.load}} {{upstream.load}} > {{product}}\n"})
	follow("2")
	want(s.session(3, engine.AttemptSuccess), "skip: up to date", "run: source changed: line 1")
	if made, err := os.ReadFile(filepath.Join(dir, "out", "model.txt")); err != nil || string(made) != "raw\nraw\n" {
		t.Errorf("made %q, error %v", made, err)
	}
}

// Records say nothing of the folders of tasks, or else the second session would
// run again.
func TestAPushedPipelineKeepsProductsOnSharedStorage(t *testing.T) {
	t.Parallel()
	s, shared := onDisk(t), t.TempDir()
	files := twoScripts(shared)
	files["env.yaml"] = "notes: '{{here}}/notes.txt'\n"
	files["pipeline.yaml"] = strings.Replace(files["pipeline.yaml"], "model.txt}", "model.txt, params: {notes: '{{notes}}'}}", 1)
	files["fit.sh"] = "cat {{upstream.load}} {{notes}} > {{product}}\n"
	files["notes.txt"] = "a note\n"
	s.push("1", files)
	s.work(nil)
	first := s.told(s.session(1, engine.AttemptSuccess))
	second := s.told(s.session(2, engine.AttemptSuccess))
	if first["+pipeline+fit"] != "run: never built" || second["+pipeline+fit"] != "skip: up to date" || second["+pipeline+load"] != "skip: up to date" {
		t.Errorf("first %v, second %v", first, second)
	}
	if made, err := os.ReadFile(filepath.Join(shared, "model.txt")); err != nil || string(made) != "raw\na note\n" {
		t.Errorf("made %q, error %v", made, err)
	}
	record, err := os.ReadFile(filepath.Join(shared, ".model.txt.metadata"))
	if err != nil || !strings.Contains(string(record), `"notes": "notes.txt"`) || !strings.Contains(string(record), shared+`/raw.txt notes.txt > `) {
		t.Errorf("the record is %s, error %v", record, err)
	}
}

func TestATaskSaysWhereWhatItNeedsCouldBe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	files := twoScripts("out")
	files["out/raw.txt"] = "of another machine" // does not count
	s.push("1", files)
	s.work(nil)
	told := s.told(s.session(1, engine.AttemptFailed))
	if got := told["+pipeline+fit"]; !strings.Contains(got, "out/raw.txt, which load makes, is not here") || !strings.Contains(got, "storage that all machines share") {
		t.Errorf("the task says %q", got)
	}
}

func TestAPushedPipelineRunsFunctions(t *testing.T) {
	t.Parallel()
	interpreter := pythontest.Path(t)
	s, shared := newSite(t), t.TempDir()
	s.push("1", map[string]string{
		"pipeline.yaml": "tasks:\n- {source: steps.count, product: " + shared + "/n.txt, params: {n: 3}, on_finish: steps.note}\n",
		"steps.py":      "from pathlib import Path\nimport helper\n\n\ndef count(product, n):\n    Path(product).write_text(helper.text(n))\n\n\ndef note():\n    print('noted')\n",
		"helper.py":     "def text(n):\n    return 'n is %d' % n\n",
	})
	s.work(func(c *daemon.Config) { c.Env = append(c.Env, python.Variable+"="+interpreter) })
	first := s.session(1, engine.AttemptSuccess)
	second := s.session(2, engine.AttemptSuccess)
	if got := s.told(second)["+pipeline+count"]; got != "skip: up to date" {
		t.Errorf("the second session: %q", got)
	}
	if got := s.output(first, "+pipeline+count"); !strings.Contains(got, "noted") {
		t.Errorf("it printed %q", got)
	}
	if made, err := os.ReadFile(filepath.Join(shared, "n.txt")); err != nil || string(made) != "n is 3" {
		t.Errorf("made %q, error %v", made, err)
	}
}

// Copies that a client keeps elsewhere are what tasks in folders of their own
// have in common.
func TestAPushedPipelineSharesFilesByAClient(t *testing.T) {
	t.Parallel()
	interpreter := pythontest.Path(t)
	s, shared := newSite(t), t.TempDir()
	files := twoScripts("out")
	files["pipeline.yaml"] = "clients: {File: stores.files}\n" + files["pipeline.yaml"]
	files["stores.py"] = "from ploomber.clients import LocalStorageClient\n\n\ndef files():\n    return LocalStorageClient('" + shared + "', path_to_project_root='.')\n"
	s.push("1", files)
	s.work(func(c *daemon.Config) { c.Env = append(c.Env, python.Variable+"="+interpreter) })
	first := s.told(s.session(1, engine.AttemptSuccess))
	second := s.told(s.session(2, engine.AttemptSuccess))
	if first["+pipeline+fit"] != "run: never built" || second["+pipeline+load"] != "skip: a copy is up to date" || second["+pipeline+fit"] != "skip: a copy is up to date" {
		t.Errorf("first %v, second %v", first, second)
	}
	if made, err := os.ReadFile(filepath.Join(shared, "out", "model.txt")); err != nil || string(made) != "raw\n" {
		t.Errorf("made %q, error %v", made, err)
	}
}

func TestAPushedPipelineIsResumed(t *testing.T) {
	t.Parallel()
	s, shared := newSite(t), t.TempDir()
	files := twoScripts(shared)
	files["fit.sh"] = "cat {{upstream.load}} " + shared + "/missing > {{product}}\n"
	s.push("1", files)
	s.work(nil)
	first := s.session(1, engine.AttemptFailed)
	write(t, shared, map[string]string{"missing": "found\n"})
	again := s.start(service.Start{
		Workflow: s.workflow("pipeline"), Name: "again", Resume: service.Resume{Attempt: first},
	})
	if got := s.ended(again.ID); got != engine.AttemptSuccess {
		t.Errorf("the attempt is %s: %v", got, s.told(again.ID))
	}
	want := map[string]string{"+pipeline+fit": "run: last run did not finish"}
	if diff := cmp.Diff(want, s.told(again.ID)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Hooks see a pipeline where it was pushed to as they do in a build.
func TestAPushedPipelineCallsItsHooks(t *testing.T) {
	t.Parallel()
	interpreter := pythontest.Path(t)
	s, shared := newSite(t), t.TempDir()
	s.push("1", map[string]string{
		"pipeline.yaml": "on_render: hooks.rendered\non_finish: hooks.finished\non_failure: {dotted_path: hooks.failed, word: oops}\ntasks:\n" +
			"- {source: steps.one, product: " + shared + "/one, on_render: hooks.task_rendered}\n" +
			"- {source: steps.two, product: " + shared + "/two}\n",
		"steps.py": "from pathlib import Path\n\n\ndef one(product):\n    Path(product).touch()\n\n\n" +
			"def two(product, upstream):\n    upstream['one']\n    if Path('" + shared + "/fail').exists():\n        raise ValueError('no two')\n    Path(product).touch()\n",
		"hooks.py": "import steps\n\n\ndef tell(*what):\n    with open('" + shared + "/told', 'a') as file:\n        print(*what, file=file)\n\n\n" +
			"def task_rendered(task, product):\n    tell('task', task.name, product)\n\n\n" +
			"def rendered(dag):\n    tell('rendered', dag.name, *dag)\n\n\n" +
			"def finished(dag, report):\n    print('noted')\n    tell('finished', *dag, report['name'], report['Ran?'], sum(report['Percentage']) > 99)\n\n\n" +
			"def failed(dag, traceback, word):\n    tell('failed', word, *traceback, 'two:' in traceback['build'], 'ValueError: no two' in traceback['build'])\n",
	})
	s.work(func(c *daemon.Config) { c.Env = append(c.Env, python.Variable+"="+interpreter) })
	want := func(text string) {
		t.Helper()
		told, err := os.ReadFile(filepath.Join(shared, "told"))
		text = "task one " + shared + "/one\nrendered pipeline one two\n" + text + "\n"
		if err != nil || string(told) != text {
			t.Errorf("told %v\n%s\nwant\n%s", err, told, text)
		}
		if err := os.Remove(filepath.Join(shared, "told")); err != nil {
			t.Error(err)
		}
	}
	first := s.session(1, engine.AttemptSuccess)
	want("finished one two ['one', 'two'] [True, True] True")
	if got := s.output(first, "+pipeline^on_finish"); got != "noted" {
		t.Errorf("the hook has printed %q", got)
	}
	s.session(2, engine.AttemptSuccess)
	want("finished one two ['one', 'two'] [False, False] False")
	write(t, shared, map[string]string{"fail": ""})
	if err := os.Remove(filepath.Join(shared, "two")); err != nil {
		t.Fatal(err)
	}
	s.session(3, engine.AttemptFailed)
	want("failed oops build True True")
}
