package remote

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// worldOf is a folder with a configuration, where runs were kept if so.
func worldOf(t *testing.T, kept bool, settings string) console.IO {
	t.Helper()
	dir := t.TempDir()
	if kept {
		s, err := sqlite.Open(filepath.Join(dir, ".pawl", "pawl.db"))
		if err == nil {
			err = s.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if settings != "" {
		if err := os.WriteFile(filepath.Join(dir, "pawl.yaml"), []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return console.IO{Dir: dir, Env: []string{"PAWL_HOME=" + t.TempDir()}, Stderr: io.Discard, Clock: clock.System{}}
}

// Who says nothing asks the server that is where one usually is, and without it the runs
// of the folder.
func TestTheRunsOfAFolderAreAskedWhereNobodyMeansAServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kept, writes, listens bool
		endpoint, settings    string
		here                  bool
	}{
		"runs were kept":                       {kept: true, here: true},
		"a server is there":                    {kept: true, listens: true},
		"no runs were kept":                    {},
		"they are meant":                       {kept: true, listens: true, endpoint: "local", here: true},
		"another server is meant":              {kept: true, endpoint: "http://192.0.2.1"},
		"the usual server is meant":            {kept: true, endpoint: client.DefaultEndpoint},
		"the folder names its server":          {kept: true, settings: "server: {port: 7000}"},
		"the folder keeps its runs elsewhere":  {kept: true, settings: "database: {path: data, runs: laptop}"},
		"the folder has settings of no server": {kept: true, settings: "database: {path: data}", here: true},
		"something is changed":                 {kept: true, writes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{World: worldOf(t, tt.kept, tt.settings), endpoint: tt.endpoint}
			if !tt.writes {
				o.about = aboutKept
			}
			o.listens = func(context.Context) bool { return tt.listens }
			settings, err := o.Config(o.World)
			if err != nil {
				t.Fatal(err)
			}
			chosen, err := o.chosen(settings)
			if err != nil {
				t.Fatal(err)
			}
			if err := o.look(t.Context(), chosen); err != nil || o.here != tt.here {
				t.Errorf("the runs of the folder are asked: %v, want %v; %v", o.here, tt.here, err)
			}
		})
	}
}

// flagged are the options of a command that is about the runs of a folder.
func flagged(world console.IO) *Options {
	o := &Options{World: world}
	o.Flags(&cobra.Command{})
	o.endpoint = runsEndpoint
	return o
}

func TestWhatChangesSomethingNeedsAServer(t *testing.T) {
	t.Parallel()
	never := func(context.Context, Server) error { t.Error("it was asked"); return nil }
	o := flagged(worldOf(t, true, ""))
	err := o.With(t.Context(), never)
	if model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), "`pawl run`") {
		t.Errorf("%v (%s)", err, model.HintsOf(err))
	}
	for kept, want := range map[bool]string{true: "this changes what a server runs", false: "does the server run there?"} {
		o := Options{World: worldOf(t, kept, "")}
		err := o.helpful(model.Errorf(model.Unavailable, "nobody is there"), "")
		if !strings.HasPrefix(model.HintsOf(err), want) {
			t.Errorf("runs were kept: %v: %s", kept, model.HintsOf(err))
		}
	}
}

func TestWhatOnlyServersHaveIsAskedOfNoFolder(t *testing.T) {
	t.Parallel()
	never := func(context.Context, Server) error { t.Error("it was asked"); return nil }
	o := flagged(worldOf(t, true, ""))
	err := o.AskServer(t.Context(), never)
	if model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), "only a server has this") {
		t.Errorf("%v (%s)", err, model.HintsOf(err))
	}
	o = &Options{World: worldOf(t, true, "")}
	o.about = aboutServers
	err = o.helpful(model.Errorf(model.Unavailable, "nobody is there"), "")
	if !strings.HasPrefix(model.HintsOf(err), "only a server has this, and no folder; does the server") {
		t.Error(model.HintsOf(err))
	}
}

func TestWhereNoRunsWereKeptThatIsSaid(t *testing.T) {
	t.Parallel()
	o := flagged(worldOf(t, false, ""))
	err := o.Ask(t.Context(), func(context.Context, Server) error { t.Error("it was asked"); return nil })
	if model.CodeOf(err) != model.NotFound {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(o.World.Dir, ".pawl")); err == nil {
		t.Error("a folder for runs was made")
	}
	o = &Options{World: worldOf(t, false, "")}
	o.about = aboutKept
	err = o.helpful(model.Errorf(model.Unavailable, "nobody is there"), "")
	if !strings.Contains(model.HintsOf(err), "no runs were kept") {
		t.Error(model.HintsOf(err))
	}
}
