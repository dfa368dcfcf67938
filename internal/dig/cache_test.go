package dig_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

// outcome renders what a load returned.
func outcome(p *dig.Project, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	var b strings.Builder
	for _, w := range p.Workflows {
		b.WriteString(dump(w))
	}
	return b.String() + p.Warnings.Excerpt()
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	// The time of a file says nothing about its content.
	if err := os.Chtimes(file, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
}

// However files change, a cached load gives what a cold one does.
func TestCachedLoadsProperty(t *testing.T) {
	t.Parallel()
	contents := map[string][]string{
		"a.dig":         {"+a: {echo>: 1}", "+a: {sh>: x, _retry: {limit: 1, intervall: 2}}", "_export:\n  !include : inc/x.yml\n+a: {_check: {}}", "+a: x"},
		"b.dig":         {"+b: {sh>: 1}", "!include : inc/y.yml"},
		"inc/x.yml":     {"x: 1", "x: 2", "!include : z.yml", "- x"},
		"inc/y.yml":     {"+y: {echo>: y}", "+y: {_do: 1}"},
		"inc/z.yml":     {"z: 1", "z: 2"},
		".digdagignore": {"a.dig", "b.dig", "*.dig\n!a.dig", ""},
		"other.txt":     {"1", "2"},
	}
	prop.Check(t, func(rt *rapid.T) {
		dir, cache := t.TempDir(), t.TempDir()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			name := rapid.SampledFrom([]string{"a.dig", "b.dig", "inc/x.yml", "inc/y.yml", "inc/z.yml", ".digdagignore", "other.txt"}).Draw(rt, "file")
			switch rapid.IntRange(0, 3).Draw(rt, "change") {
			case 0:
				_ = os.Remove(filepath.Join(dir, name))
			case 1: // nothing
			default:
				write(t, dir, name, rapid.SampledFrom(contents[name]).Draw(rt, "content"))
			}
			want := outcome(dig.LoadProject(os.DirFS(dir), dir))
			if diff := cmp.Diff(want, outcome(dig.LoadProjectCached(dir, dir, cache))); diff != "" {
				rt.Fatalf("after a change of %s (-cold +cached):\n%s", name, diff)
			}
		}
	})
}

// entry returns the only file in a cache.
func entry(t *testing.T, cache string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the cache holds %v (%v), want one file", files, err)
	}
	return files[0]
}

func TestDamagedCachesAreRebuilt(t *testing.T) {
	t.Parallel()
	dir, cache := t.TempDir(), t.TempDir()
	write(t, dir, "a.dig", "_check: {echo>: x}\n+a: {echo>: 1}\n+b: {sh>: x, _retry: 3}\n")
	want := outcome(dig.LoadProjectCached(dir, dir, cache))
	file := entry(t, cache)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(good); i += 7 {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x40
		if i%2 == 0 {
			bad = bad[:i]
		}
		if err := os.WriteFile(file, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, outcome(dig.LoadProjectCached(dir, dir, cache))); diff != "" {
			t.Fatalf("damage at byte %d (-want +got):\n%s", i, diff)
		}
		if again, err := os.ReadFile(file); err != nil || string(again) != string(good) {
			t.Fatalf("damage at byte %d was not repaired: %v", i, err)
		}
	}
}

func TestACacheThatCannotBeWrittenDoesNotMatter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.dig", "+a: {echo>: 1}\n")
	write(t, dir, "cache", "this is no folder")
	for range 2 {
		if _, err := dig.LoadProjectCached(dir, dir, filepath.Join(dir, "cache")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProjectsCanShareACache(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	var want []string
	var dirs []string
	for i := range 3 {
		dir := t.TempDir()
		write(t, dir, "a.dig", fmt.Sprintf("+a: {echo>: %d}\n", i))
		dirs = append(dirs, dir)
		want = append(want, outcome(dig.LoadProjectCached(dir, dir, cache)))
	}
	for i, dir := range dirs {
		if diff := cmp.Diff(want[i], outcome(dig.LoadProjectCached(dir, dir, cache))); diff != "" {
			t.Errorf("project %d (-first +second):\n%s", i, diff)
		}
	}
}

// Large workflows are kept in parts.
func TestLargeProjectsSurviveTheCache(t *testing.T) {
	t.Parallel()
	dir, cache := t.TempDir(), t.TempDir()
	write(t, dir, "a.dig", "+a: {echo>: 1}\n")
	write(t, dir, "big.dig", string(manyTasks(4500)))
	write(t, dir, "c.dig", "_parallel: true\n"+string(manyTasks(2001)))
	want := outcome(dig.LoadProject(os.DirFS(dir), dir))
	for _, state := range []string{"empty", "full"} {
		if got := outcome(dig.LoadProjectCached(dir, dir, cache)); got != want {
			t.Errorf("with the cache %s the project is another one", state)
		}
	}
	file := entry(t, cache)
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dig.LoadProjectCached(dir, dir, cache); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("the entry was written again (%v)", err)
	}
}

func TestKeysDifferWithEveryInput(t *testing.T) {
	t.Parallel()
	in := func(name, content string, exists bool) dig.Input {
		return dig.Input{Name: name, Content: []byte(content), Exists: exists}
	}
	keys := map[string]string{}
	for name, key := range map[string][32]byte{
		"base":             dig.Key("1", "root", []string{"a", "b"}, []dig.Input{in("a", "x", true), in("b", "", true)}),
		"another build":    dig.Key("2", "root", []string{"a", "b"}, []dig.Input{in("a", "x", true), in("b", "", true)}),
		"another root":     dig.Key("1", "rooT", []string{"a", "b"}, []dig.Input{in("a", "x", true), in("b", "", true)}),
		"other names":      dig.Key("1", "root", []string{"ab"}, []dig.Input{in("a", "x", true), in("b", "", true)}),
		"fewer names":      dig.Key("1", "root", []string{"a"}, []dig.Input{in("a", "x", true), in("b", "", true)}),
		"other content":    dig.Key("1", "root", []string{"a", "b"}, []dig.Input{in("a", "y", true), in("b", "", true)}),
		"content moved":    dig.Key("1", "root", []string{"a", "b"}, []dig.Input{in("a", "", true), in("b", "x", true)}),
		"a file gone":      dig.Key("1", "root", []string{"a", "b"}, []dig.Input{in("a", "x", true), in("b", "", false)}),
		"a file not read":  dig.Key("1", "root", []string{"a", "b"}, []dig.Input{in("a", "x", true)}),
		"names as content": dig.Key("1", "root", []string{"a"}, []dig.Input{in("b", "", true), in("a", "x", true), in("b", "", true)}),
	} {
		if other, taken := keys[string(key[:])]; taken {
			t.Errorf("%q and %q have the same key", name, other)
		}
		keys[string(key[:])] = name
	}
}

func TestAFolderWithoutWorkflowsGetsNoCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	write(t, dir, "notes.txt", "x")
	p, err := dig.LoadProjectCached(dir, "", cache)
	if err != nil || len(p.Workflows) > 0 {
		t.Fatalf("got %v, %v", p, err)
	}
	if _, err := os.Stat(cache); !os.IsNotExist(err) {
		t.Errorf("there is a cache: %v", err)
	}
}
