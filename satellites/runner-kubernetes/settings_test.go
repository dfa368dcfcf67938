package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// file writes a file of a test.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	for says, s := range map[string]map[string]string{
		`did you mean "namespace"?`:                       {"namespaze": "x"},
		`"labels." is not known`:                          {"labels.": "x"},
		`image-pull-policy: "always" is no policy`:        {"image-pull-policy": "always"},
		`keep: "1" is no time`:                            {"keep": "1"},
		`start-within: "-5m" is no time`:                  {"start-within": "-5m"},
		`priority-classes.high: a whole number`:           {"priority-classes.high": "high"},
		`template: open /none/at-all`:                     {"template": "/none/at-all"},
		`unknown field "containerz"`:                      {"template": file(t, "spec: {containerz: []}")},
		`key "spec" already set in map`:                   {"templates.gpu": file(t, "spec: {}\nspec: {}\n")},
		`the name of the container pawl-input is taken`:   {"template": file(t, "spec: {initContainers: [{name: pawl-input}]}")},
		`no cluster: stat /none/kubeconfig: no such file`: {"kubeconfig": "/none/kubeconfig"},
		`context "there" does not exist`:                  {"kubeconfig": file(t, "apiVersion: v1\nkind: Config\n"), "context": "there"},
	} {
		_, err := open(t.Context(), s)
		if err == nil || model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error()+"\n"+model.HintsOf(err), says) {
			t.Errorf("%v: code %v, error %v, hints %s", s, model.CodeOf(err), err, model.HintsOf(err))
		}
	}
}

func TestSettingsThatAreRight(t *testing.T) {
	t.Parallel()
	o, err := read(map[string]string{
		"keep": "2h", "start-within": "90s", "schedule-within": "48h", "image-pull-secrets": "a, b,", "labels.team/name": "data",
		"priority-classes.0": "normal", "priority-classes.10": "high", "priority-classes.-5": "low",
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.keep != 2*time.Hour || o.startWithin != 90*time.Second || o.scheduledWithin != 48*time.Hour || len(o.pullSecrets) != 2 || o.labels["team/name"] != "data" {
		t.Errorf("options %+v", o)
	}
	for priority, want := range map[int]string{-6: "", -5: "low", -1: "low", 0: "normal", 9: "normal", 10: "high", 99: "high"} {
		if got := o.classOf(priority); got != want {
			t.Errorf("the class of priority %d is %q, want %q", priority, got, want)
		}
	}
}
