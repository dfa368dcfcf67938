//go:build linux

package runnerplugin_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var file = regexp.MustCompile("(?ms)^```go file=([a-z_.]+)\n(.*?)^```$")

// The plug-in of the guide is built, and passes the suite by the test of the guide.
func TestTheRunnerOfTheGuide(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds a program")
	}
	guide, err := os.ReadFile("../docs/how-to/write-a-runner.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{"test", "-count=1"}
	for _, block := range file.FindAllStringSubmatch(string(guide), -1) {
		path := filepath.Join(dir, block[1])
		if err := os.WriteFile(path, []byte(block[2]), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if len(args) != 4 {
		t.Fatalf("the guide has the files %v", args[2:])
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
