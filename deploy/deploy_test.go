// Package deploy_test checks the files that installations begin with, as far as
// that goes without installing anything.
package deploy_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4" //nolint:depguard // a composition is no document of pawl's

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/serve"
)

type composition struct {
	Services map[string]struct {
		Build       struct{ Context, Dockerfile, Target string }
		Image       string
		Environment map[string]string
		Volumes     []string
		Ports       []string
	}
	Volumes map[string]any
}

// filled replaces the variables of a composition as compose does.
func filled(text string) string {
	key := "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	return regexp.MustCompile(`\$\{(\w+)(:[-?][^}]*)?\}`).ReplaceAllStringFunc(text, func(v string) string {
		if strings.HasPrefix(v, "${PAWL_SECRET_KEY") {
			return key
		}
		return "x"
	})
}

func TestCompositionsHaveSettingsThatAServerTakes(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"compose.yaml", "compose.postgres.yaml", "compose.workers.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c composition
		if err := yaml.Unmarshal(text, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		s, ok := c.Services["pawl"]
		if !ok || s.Build.Target != "pawl" || len(s.Ports) != 1 {
			t.Errorf("%s: service %+v", file, s)
		}
		for _, of := range c.Services {
			for _, v := range of.Volumes {
				name, _, _ := strings.Cut(v, ":")
				if _, ok := c.Volumes[name]; !ok {
					t.Errorf("%s: there is no volume %s among %v", file, name, slices.Sorted(maps.Keys(c.Volumes)))
				}
			}
		}
		cfg, err := config.Load(config.Sources{Env: func(name string) string { return filled(s.Environment[name]) }})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if len(cfg.Keys()) < 5 || len(serve.Doubts(cfg)) > 0 || len(serve.Faults(cfg)) > 0 {
			t.Errorf("%s: settings %v, doubts %v, faults %v", file, cfg.Keys(), serve.Doubts(cfg), serve.Faults(cfg))
		}
	}
}

func TestTheImageHasTheTargetsThatCompositionsName(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"pawl", "pawl-minimal"} {
		_, after, ok := strings.Cut(string(text), " AS "+target+"\n")
		stage, _, _ := strings.Cut(after, "\nFROM ")
		if !ok || !strings.Contains(stage, "USER 65532:65532") && !strings.Contains(stage, "USER pawl") || !strings.Contains(stage, "pawl\"]") {
			t.Errorf("target %s: there is none, or it runs as root", target)
		}
	}
}

func TestTheUnitsAreSuchThatSystemdTakes(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pawl.service", "pawl-worker.service"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(t.TempDir(), name)
		there := strings.ReplaceAll(string(text), "/usr/local/bin/pawl", exe) // it has to exist
		if err := os.WriteFile(unit, []byte(there), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// What a build without a target makes does not follow from what images there are.
func TestABuildWithoutATargetMakesTheCommonImage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(text), "\nFROM pawl\n") {
		t.Error("the last stage of the Dockerfile is not that of the image pawl")
	}
}
