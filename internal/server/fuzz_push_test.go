package server_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

// tarOf packs a definition and one more entry of any kind.
func tarOf(t testing.TB, definition, name, link string, kind byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	must(t, w.WriteHeader(&tar.Header{Name: "w.dig", Mode: 0o644, Size: int64(len(definition))}))
	_, err := w.Write([]byte(definition))
	must(t, err)
	h := tar.Header{Typeflag: kind, Name: name, Linkname: link, Mode: 0o4777}
	if kind == tar.TypeReg {
		h.Size = int64(len(link))
	}
	if w.WriteHeader(&h) != nil {
		return nil // no program writes that
	}
	if kind == tar.TypeReg {
		_, err = w.Write([]byte(link))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
	must(t, err)
	_, err = w.Write(content)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

// FuzzPush pushes archives, good and bad ones: what is refused leaves nothing,
// and what is accepted can be shown, fetched and started.
func FuzzPush(f *testing.F) {
	good := "timezone: Asia/Tokyo\nschedule:\n  daily>: 07:00:00\n+a:\n  echo>: 1\n+b:\n  loop>: 2\n  _do:\n    +c:\n      sh>: x\n"
	add := func(definition, name, link string, kind byte) {
		f.Add(tarOf(f, definition, name, link, kind), definition, name, link, kind)
	}
	add(good, "v.dig", "+a:\n  !include : w.dig\n", tar.TypeReg)
	add(good, ".digdagignore", "*.dig\n", tar.TypeReg)
	add(good, ".digdagignore", "", tar.TypeDir)
	add(good, ".digdagignore", ".digdagignore", tar.TypeSymlink)
	add(good, "../outside", "x", tar.TypeReg)
	add(good, "/outside", "x", tar.TypeReg)
	add(good, "w.dig", "x", tar.TypeReg)
	add(good, "v.dig", "../outside", tar.TypeSymlink)
	add(good, "v.dig", "w.dig", tar.TypeSymlink)
	add("!include : v.dig\n", "v.dig", "v.dig", tar.TypeSymlink)
	add(good, "v.dig", "../outside", tar.TypeLink)
	add(good, "fifo", "", tar.TypeFifo)
	add(good, "a/b/", "", tar.TypeDir)
	add("a: &a [*a]\n", "x", "", tar.TypeReg)
	add("x: &x {a: 1, b: 2}\n+a:\n  echo>: *x\n", "0.dig", "+a: {}\n", tar.TypeReg)
	add("schedule:\n  cron>: '* * 31 2 *'\n+a:\n  echo>: ${x}\n", "x", "", tar.TypeReg)
	base := f.TempDir()
	temp := filepath.Join(base, "temp")
	must(f, os.Mkdir(temp, 0o755))
	must(f, os.WriteFile(filepath.Join(base, "outside"), []byte("+a:\n  echo>: secret\n"), 0o600))
	w := newWorld(f, openMemory, func(_ *server.Config, c *service.Config) {
		c.TempDir, c.Limits = temp, service.Limits{Tasks: 50, Archive: project.Limits{Bytes: 20_000, Entries: 50}}
	})
	number := 0
	f.Fuzz(func(t *testing.T, raw []byte, definition, name, link string, kind byte) {
		number++
		p := pushing{w.in(t), fmt.Sprint("p", number)}
		began := time.Now()
		p.push("raw", raw)
		p.push("zipped", gzipped(t, raw))
		if content := tarOf(t, definition, name, link, kind); content != nil {
			p.push("made", gzipped(t, content))
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		for dir, want := range map[string]int{base: 2, temp: 0} {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != want {
				t.Errorf("in %s there are %v, %v", dir, entries, err)
			}
		}
		if text, err := os.ReadFile(filepath.Join(base, "outside")); err != nil || !bytes.Contains(text, []byte("secret")) {
			t.Errorf("the file outside is %q, %v", text, err)
		}
		if id := p.id(); id != "" {
			p.ask(200, "DELETE", "/api/projects/"+id, "")
		}
	})
}

// in returns the world for a part of a test.
func (w *world) in(t testing.TB) *world {
	part := *w
	part.TB = t
	return &part
}

// pushing pushes archives to a project.
type pushing struct {
	*world
	name string
}

// shown is what a list says of the project.
func (p *pushing) shown() string {
	p.Helper()
	return p.ask(200, "GET", "/api/projects?name="+p.name, "")
}

// id returns that of the project, or nothing if there is none.
func (p *pushing) id() string {
	p.Helper()
	var list struct{ Projects []struct{ ID string } }
	must(p, json.Unmarshal([]byte(p.shown()), &list))
	for _, project := range list.Projects {
		return project.ID
	}
	return ""
}

// push pushes an archive as a revision and looks at what came of it.
func (p *pushing) push(revision string, body []byte) {
	p.Helper()
	before := p.shown()
	if p.sane(p, pushRequest("project="+p.name+"&revision="+revision, body)) != http.StatusOK {
		if after := p.shown(); after != before {
			p.Errorf("what was refused has left %s", after)
		}
		return
	}
	id := p.id()
	if got := p.ask(200, "GET", "/api/projects/"+id+"/archive?revision="+revision, ""); got != string(body) {
		p.Errorf("%d bytes were pushed and %d come back", len(body), len(got))
	}
	text := p.ask(200, "GET", "/api/projects/"+id+"/workflows", "")
	if strings.Contains(text, "secret") {
		p.Errorf("a workflow is from outside: %s", text)
	}
	var list struct{ Workflows []struct{ ID, Name string } }
	must(p, json.Unmarshal([]byte(text), &list))
	for _, of := range list.Workflows {
		for _, path := range []string{"/api/workflows/%s", "/api/pawl/v1/workflows/%s/plan", "/api/pawl/v1/workflows/%s/graph.svg"} {
			p.ask(200, "GET", fmt.Sprintf(path, of.ID), "")
		}
		p.sane(p, request("PUT", "/api/attempts", fmt.Sprintf(`{"workflowId":%q,"sessionTime":"2026-03-01T00:00:00Z","params":{}}`, of.ID)))
	}
	p.ask(200, "GET", "/api/projects/"+id+"/schedules", "")
	p.ask(200, "GET", "/api/projects/"+id+"/sessions", "")
}
