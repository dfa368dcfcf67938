package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/python/pythontest"
)

// TestCopiesAreThePeers alternates with the peer in one project with one backup.
func TestCopiesAreThePeers(t *testing.T) {
	t.Parallel()
	python := pythontest.Path(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"pipeline.yaml": `
clients: {File: clients.get}
tasks:
  - {source: tasks.one, product: out/one.txt, params: {n: 1}}
  - {source: tasks.two, product: out/two}
`,
		"clients.py": `
from ploomber.clients import LocalStorageClient
def get(): return LocalStorageClient("backup", path_to_project_root=".")
`,
		"tasks.py": `
from pathlib import Path
def one(product, n): Path(product).write_text("é%d" % n)
def two(product, upstream):
    Path(product, "sub").mkdir(parents=True)
    Path(product, "sub", "a.txt").write_text(Path(upstream["one"]).read_text())
    Path(product, "b.txt").write_text("b")
`,
		"states.py": `
import shutil, sys
from ploomber.spec import DAGSpec
def states():
    dag = DAGSpec("pipeline.yaml").to_dag().render(show_progress=False)
    print(" ".join(sorted("%s %s" % (name, dag[name].exec_status.name) for name in dag)))
    return dag
if sys.argv[1:]:
    states()
    shutil.rmtree("out")
states().build()
`,
	})
	peer := func(words ...string) string {
		t.Helper()
		c := exec.Command(python, append([]string{"-W", "ignore", "states.py"}, words...)...)
		c.Dir = dir
		c.Env = append(os.Environ(), "PLOOMBER_STATS_ENABLED=false", "HOME="+dir, "PYTHONPATH=", "PYTHONDONTWRITEBYTECODE=1")
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	out, backup := filepath.Join(dir, "out"), filepath.Join(dir, "backup")
	if got := peer(); got != "one WaitingExecution two WaitingUpstream" {
		t.Fatalf("the peer finds %s", got)
	}
	made, copied := tree(t, out), tree(t, backup)
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	s := openStorage(t, "LocalStorageClient", dir, params.Of("storage", "folder", "parent", backup))
	paths := []string{filepath.Join(out, "one.txt"), filepath.Join(out, "two")}
	copies, err := s.Look(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	records := fetch(t, s, paths...)
	for i, c := range copies {
		if diff := cmp.Diff(c.Record, records[i]); diff != "" || c.Stamp.State != product.Stored {
			t.Errorf("%s: looked at %+v, fetched %s", paths[i], c.Stamp, diff)
		}
	}
	if diff := cmp.Diff(made, tree(t, out)); diff != "" {
		t.Error("-peer's product +fetched\n", diff)
	}
	if err := os.RemoveAll(backup); err != nil {
		t.Fatal(err)
	}
	upload(t, s, paths...)
	if diff := cmp.Diff(copied, tree(t, backup)); diff != "" {
		t.Error("-peer's copy +ours\n", diff)
	}
	if got, want := peer("then", "remove"), "one Skipped two Skipped\none WaitingDownload two WaitingDownload"; got != want {
		t.Errorf("with ours, the peer finds\n%s, want\n%s", got, want)
	}
	if diff := cmp.Diff(made, tree(t, out)); diff != "" {
		t.Error("-made +peer's download\n", diff)
	}
}
