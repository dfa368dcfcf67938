package serve_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
)

func TestRunnersThatCanNotBe(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, c := range map[string]struct {
		pairs []string
		says  string
	}{
		"memory":            {[]string{"runner.type", "process", "database.type", "memory"}, "can't reach a database in memory"},
		"embedded":          {[]string{"runner.type", "slurm"}, "set database.type to postgresql, or runner.type to process"},
		"a word":            {[]string{"runner.type", "slrum"}, `did you mean "slurm"?`},
		"a missing plug-in": {[]string{"runner.type", "moon"}, "there is no program pawl-runner-moon on PATH"},
		"an option":         {[]string{"runner.type", "process", "runner.process.cgruop", "x"}, "runner.process.cgroup"},
		"a control group":   {[]string{"runner.type", "process", "runner.process.cgroup", t.TempDir()}, "is no control group"},
		"limits":            {[]string{"runner.type", "process", "runner.process.limits", "bset"}, `did you mean "best"?`},
		"a name":            {[]string{"runner.type", "process", "runner.instance", "A-b"}, "up to 10 lower case letters and digits"},
		"no clients":        {[]string{"runner.type", "slurm", "database.type", "postgresql", "database.url", "postgres://nowhere/x"}, "slurm-client"},
		"no engine":         {[]string{"runner.type", "docker", "database.type", "postgresql", "database.url", "postgres://nowhere/x"}, "docker"},
	} {
		cfg := settings(t, c.pairs...)
		said := ""
		if strings.HasPrefix(name, "no ") { // whose database can't be reached
			for _, f := range serve.Examine(t.Context(), cfg, nil) {
				if f.Check == "tasks" && f.Grade == serve.Problem {
					said += f.Message + f.Hint
				}
			}
		} else {
			_, err := serve.Open(t.Context(), serve.Config{Settings: cfg, Log: slog.New(slog.DiscardHandler)})
			if err == nil || model.CodeOf(err) != model.Invalid {
				t.Errorf("%s: code %v, error %v", name, model.CodeOf(err), err)
				continue
			}
			said = err.Error() + model.HintsOf(err)
		}
		if !strings.Contains(said, c.says) {
			t.Errorf("%s: it says %s", name, said)
		}
	}
}

func TestDoctorAsksTheRunner(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	engine := "#!/bin/sh\n[ \"$1\" = ps ] || exit 1\n"
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(engine), 0o755); err != nil {
		t.Fatal(err)
	}
	podman := "#!/bin/sh\necho 'Cannot connect to Podman' >&2\nexit 125\n"
	if err := os.WriteFile(filepath.Join(dir, "podman"), []byte(podman), 0o755); err != nil {
		t.Fatal(err)
	}
	for runner, want := range map[string]struct {
		grade serve.Grade
		says  string
	}{
		"eager":   {serve.Fine, "one after the other"},
		"process": {serve.Fine, "each is a program of its own, by the runner process"},
		"docker":  {serve.Fine, "by the runner docker"},
		"podman":  {serve.Problem, "Cannot connect to Podman"},
	} {
		pairs := []string{"runner.type", runner}
		if runner == "docker" || runner == "podman" {
			pairs = append(pairs, "database.type", "postgresql", "database.url", "postgres://127.0.0.1:1/x")
		}
		for _, f := range serve.Examine(t.Context(), settings(t, pairs...), nil) {
			if f.Check == "tasks" && (f.Grade != want.grade || !strings.Contains(f.Message, want.says)) {
				t.Errorf("%s: %+v", runner, f)
			}
		}
	}
}
