package ploomber_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// game is a project that two build in turn.
type game struct {
	*script
	t    *testing.T
	peer *peer
	dir  string
	ours bool // whether pawl is to build next
	told strings.Builder
}

// play returns what was run, and why.
func (g *game) play() string {
	for name, data := range g.files {
		if name != "want" && !strings.HasSuffix(name, ".new") {
			g.write(name, data)
		}
	}
	for _, s := range g.steps {
		for _, e := range s {
			g.edit(e)
			fmt.Fprintf(&g.told, "%s\n", strings.ReplaceAll(strings.Join(e, " "), "\n", `\n`))
		}
		g.turn(s)
		if g.t.Failed() {
			return g.told.String()
		}
	}
	g.same()
	return g.told.String()
}

// turn has one of the two build what has changed.
func (g *game) turn(s step) {
	g.t.Helper()
	wanted, why := planned(g.t, g.dir, g.args...)
	theirs := g.peer.ask(g.t, "plan", g.dir, g.args, false)
	for _, name := range wanted {
		fmt.Fprintf(&g.told, "  %s: %s\n", name, strings.ReplaceAll(why[name], g.dir, "DIR"))
	}
	diff := cmp.Diff(g.comparable(theirs), g.comparable(wanted))
	if diff != "" {
		g.t.Errorf("after %v (-peer +pawl):\n%s\n%v", s, diff, why)
	}
	if g.ours {
		g.built(s, wanted)
	} else {
		g.peer.ask(g.t, "build", g.dir, g.args, false)
	}
	builder := map[bool]string{true: "pawl", false: "the peer"}[g.ours]
	if left, why := planned(g.t, g.dir, g.args...); len(left) > 0 {
		g.t.Errorf("after %v, and when %s had built, pawl would run %v: %v", s, builder, left, why)
	}
	if left := g.comparable(g.peer.ask(g.t, "plan", g.dir, g.args, false)); len(left) > 0 {
		g.t.Errorf("after %v, and when %s had built, the peer would run %v", s, builder, left)
	}
	g.ours = !g.ours
}

// built has pawl build, which must run what it said.
func (g *game) built(s step, wanted []string) {
	g.t.Helper()
	var ran []string
	for line := range strings.Lines(run(g.t, pawl(g.t, g.dir, append([]string{"build"}, g.args...)...))) {
		if words := strings.Fields(line); len(words) == 4 && words[1] == "True" {
			ran = append(ran, words[0])
		}
	}
	slices.Sort(ran)
	if diff := cmp.Diff(slices.Sorted(slices.Values(wanted)), ran); diff != "" {
		g.t.Errorf("after %v, what pawl ran is not what it said (-said +ran):\n%s", s, diff)
	}
}

// comparable sorts names and leaves out those that the peer always runs.
func (g *game) comparable(names []string) []string {
	names = slices.DeleteFunc(append([]string{}, names...), func(name string) bool { return slices.Contains(g.always, name) })
	slices.Sort(names)
	return names
}

// same has both build everything and compares what they make.
func (g *game) same() {
	g.t.Helper()
	run(g.t, pawl(g.t, g.dir, append([]string{"build", "--force"}, g.args...)...))
	ours := snapshot(g.t, g.dir)
	g.peer.ask(g.t, "build", g.dir, g.args, true)
	if diff := cmp.Diff(snapshot(g.t, g.dir), ours); diff != "" {
		g.t.Errorf("the products differ (-peer +pawl):\n%s", diff)
	}
}

func (g *game) path(name string) string { return filepath.Join(g.dir, filepath.FromSlash(name)) }

func (g *game) write(name string, data []byte) {
	g.t.Helper()
	if err := os.MkdirAll(filepath.Dir(g.path(name)), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(g.path(name), data, 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// edit changes the project.
func (g *game) edit(words []string) {
	g.t.Helper()
	words = append(words, "", "", "")
	path := g.path(words[1])
	if _, err := os.Stat(path); err != nil && words[0] != "put" {
		g.t.Fatal(err)
	}
	switch words[0] {
	case "replace":
		text, err := os.ReadFile(path)
		if err != nil {
			g.t.Fatal(err)
		}
		if !bytes.Contains(text, []byte(words[2])) {
			g.t.Fatalf("%s has no %q", words[1], words[2])
		}
		g.write(words[1], bytes.ReplaceAll(text, []byte(words[2]), []byte(words[3])))
	case "remove":
		if err := os.RemoveAll(path); err != nil {
			g.t.Fatal(err)
		}
	case "empty":
		g.write(words[1], []byte("{}"))
	case "put":
		data, ok := g.files[words[1]+".new"]
		if !ok {
			g.t.Fatalf("there is no %s.new", words[1])
		}
		g.write(words[1], data)
	default:
		g.t.Fatalf("unknown change %q", words[0])
	}
}
