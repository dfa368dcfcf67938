package local

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pawlhq/pawl/internal/pipeline"
)

func TestRepositoryIsTheBranchOrTheHash(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@b"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return string(out)
	}
	expect := func(want pipeline.Repository, wantOK bool) {
		t.Helper()
		if got, ok := repository(context.Background(), dir); got != want || ok != wantOK {
			t.Errorf("got %+v %v, want %+v %v", got, ok, want, wantOK)
		}
	}
	expect(pipeline.Repository{}, false)
	run("init", "-q", "-b", "work")
	expect(pipeline.Repository{}, false)
	run("commit", "-q", "--allow-empty", "-m", "one")
	run("tag", "v1")
	expect(pipeline.Repository{Location: "work", Hash: "v1"}, true)
	run("checkout", "-q", "--detach")
	expect(pipeline.Repository{Location: "v1", Hash: "v1"}, true)
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	run("add", "file")
	expect(pipeline.Repository{Location: "v1-dirty", Hash: "v1-dirty"}, true)
}
