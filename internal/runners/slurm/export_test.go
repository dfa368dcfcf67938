package slurm

import (
	"errors"
	"testing"

	"github.com/pawlhq/pawl/internal/runners/tool"
	"github.com/pawlhq/pawl/runner"
)

// Explain is what becomes of an error of sbatch.
func Explain(said string) error {
	return explain(&tool.Failed{Name: "sbatch", Said: said, How: errors.New("exit status 1")})
}

// Parse reads a line of squeue.
func Parse(line string) (runner.Status, error) {
	j, err := parse(line)
	return j.Status, err
}

// Script is what a job runs.
func Script(t testing.TB, o runner.Order) []byte {
	t.Helper()
	script, err := new(Launcher).script(&o)
	if err != nil {
		t.Fatal(err)
	}
	return script
}
