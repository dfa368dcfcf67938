//go:build unix

package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/runners/container/containertest"
	"github.com/pawlhq/pawl/internal/runners/plugin"
	"github.com/pawlhq/pawl/internal/runners/process"
	"github.com/pawlhq/pawl/runnerplugin"
)

// standIn makes this process what servers call, if it was started as such.
func standIn() {
	containertest.Main()
	if strings.HasPrefix(filepath.Base(os.Args[0]), plugin.Kind.Prefix) {
		os.Exit(runnerplugin.Main("a plug-in of tests", openShell))
	}
}

// openShell opens the launcher of the plug-in, whose programs are processes.
func openShell(_ context.Context, s runnerplugin.Settings) (runnerplugin.Launcher, error) {
	if err := s.Check("dir"); err != nil {
		return nil, err
	}
	return process.Open(process.Config{Dir: s["dir"], Env: os.Environ()})
}

// withPlugin returns an environment in which a runner has a plug-in.
func withPlugin(t *testing.T, name string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, plugin.Kind.Program(name))); err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}
