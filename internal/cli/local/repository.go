package local

import (
	"context"
	"os/exec"
	"strings"

	"github.com/pawlhq/pawl/internal/pipeline"
)

// repository asks git about the work tree around a folder. It reports false if
// there is none, or none with a commit.
func repository(ctx context.Context, dir string) (pipeline.Repository, bool) {
	hash, err := git(ctx, dir, "describe", "--tags", "--always", "--dirty=-dirty")
	if err != nil {
		return pipeline.Repository{}, false
	}
	r := pipeline.Repository{Location: hash, Hash: hash}
	if branch, err := git(ctx, dir, "symbolic-ref", "--short", "HEAD"); err == nil && branch != "" {
		r.Location = branch // else HEAD is detached
	}
	return r, true
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	return strings.TrimSuffix(string(out), "\n"), err
}
