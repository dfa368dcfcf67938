package service_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

const (
	daily  = "schedule:\n  daily>: 10:00:00\n+a:\n  echo>: 1\n"
	early  = "schedule:\n  daily>: 02:00:00\n+a:\n  echo>: 1\n"
	hourly = "schedule:\n  hourly>: \"00:00\"\n+a:\n  echo>: 1\n"
	plain  = "+a:\n  echo>: 1\n"
)

func TestAPushMovesSchedules(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after string
		fired         string // the session time of what ran before the push
		change        func(*service.Push)
		run, session  string
		last          string
	}{
		"a new one begins now":                    {plain, daily, "", nil, "2026-03-09T10:00:00Z", "2026-03-09T00:00:00Z", ""},
		"or when it is told to":                   {plain, daily, "", from("2026-03-20T00:00:00Z"), "2026-03-20T10:00:00Z", "2026-03-20T00:00:00Z", ""},
		"one that never ran begins anew":          {daily, hourly, "", nil, "2026-03-08T12:00:00Z", "2026-03-08T12:00:00Z", ""},
		"one that ran goes on after what it ran":  {daily, daily, "2026-03-05T00:00:00Z", nil, "2026-03-06T10:00:00Z", "2026-03-06T00:00:00Z", "2026-03-05T00:00:00Z"},
		"whatever it is told":                     {daily, daily, "2026-03-05T00:00:00Z", from("2026-03-20T00:00:00Z"), "2026-03-06T10:00:00Z", "2026-03-06T00:00:00Z", "2026-03-05T00:00:00Z"},
		"and at another time of the same day":     {daily, early, "2026-03-07T00:00:00Z", nil, "2026-03-08T02:00:00Z", "2026-03-08T00:00:00Z", "2026-03-07T00:00:00Z"},
		"with another rule, from now on":          {daily, hourly, "2026-03-08T00:00:00Z", nil, "2026-03-08T12:00:00Z", "2026-03-08T12:00:00Z", "2026-03-08T00:00:00Z"},
		"or from when it is told to on":           {daily, hourly, "2026-03-08T00:00:00Z", from("2026-03-08T03:00:00Z"), "2026-03-08T03:00:00Z", "2026-03-08T03:00:00Z", "2026-03-08T00:00:00Z"},
		"but not before what it ran":              {daily, hourly, "2026-03-08T00:00:00Z", from("2026-03-01T00:00:00Z"), "2026-03-08T01:00:00Z", "2026-03-08T01:00:00Z", "2026-03-08T00:00:00Z"},
		"unless it is cleared":                    {daily, hourly, "2026-03-08T00:00:00Z", func(p *service.Push) { p.Clear = []string{"w"} }, "2026-03-08T12:00:00Z", "2026-03-08T12:00:00Z", ""},
		"as all are":                              {daily, hourly, "2026-03-08T00:00:00Z", func(p *service.Push) { p.ClearAll = true }, "2026-03-08T12:00:00Z", "2026-03-08T12:00:00Z", ""},
		"a run time that is whole is not skipped": {plain, hourly, "", from("2026-03-08T13:00:00Z"), "2026-03-08T13:00:00Z", "2026-03-08T13:00:00Z", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, nil)
			f.pushed("1", "w.dig", test.before)
			if test.fired != "" {
				f.fired(test.fired)
			}
			_, err := f.push("2", test.change, "w.dig", test.after)
			must(t, err)
			s := f.schedule()
			var last model.Instant
			if test.last != "" {
				last = model.InstantOf(at(t, test.last))
			}
			if s.NextRun.Time() != at(t, test.run) || s.NextTime.Time() != at(t, test.session) || s.LastTime != last {
				t.Errorf("it runs at %v for %v after %v", s.NextRun.Time(), s.NextTime.Time(), s.LastTime.Time())
			}
		})
	}
}

func from(text string) func(*service.Push) {
	return func(p *service.Push) { p.From, _ = time.Parse(time.RFC3339, text) }
}

func TestAPushThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	f := open(t, func(c *service.Config) { c.TempDir = temp })
	f.pushed("1", "w.dig", plain)
	for name, test := range map[string]struct {
		change func(*service.Push)
		file   string
		code   model.Code
	}{
		"revision is taken":  {func(p *service.Push) { p.Revision = "1" }, plain, model.Conflict},
		"clears what is not": {func(p *service.Push) { p.Clear = []string{"x"} }, daily, model.Invalid},
		"fault":              {nil, "x: 1\n", model.Invalid},
		"body breaks":        {func(p *service.Push) { p.Archive = io.MultiReader(strings.NewReader("x"), broken{}) }, plain, model.Invalid},
	} {
		if _, err := f.push("2", test.change, "w.dig", test.file); err == nil || model.CodeOf(err) != test.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, _, err := f.store.ListRevisions(t.Context(), 1, store.Page{})
	must(t, err)
	if len(list) != 1 {
		t.Errorf("there are %d revisions", len(list))
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestARefusedPushLeavesNoArchive(t *testing.T) {
	t.Parallel()
	blobs, err := file.Open(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, blobs.Close()) })
	f := open(t, func(c *service.Config) {
		c.Archives = service.Archives{Type: "file", Stores: map[string]service.ArchiveStore{"file": {Store: blobs}}}
	})
	p := f.pushed("1", "w.dig", plain)
	if _, err := f.push("1", nil, "w.dig", daily); model.CodeOf(err) != model.Conflict {
		t.Fatal(err)
	}
	list, err := blobs.List(t.Context(), "", "", 9)
	must(t, err)
	if len(list) != 1 || list[0].Key != p.Latest.Archive.Path {
		t.Errorf("there are %v", list)
	}
	orphans, err := f.store.Orphans(t.Context(), model.Never, 0, 9)
	must(t, err)
	if len(orphans) > 0 {
		t.Errorf("to be removed: %v", orphans)
	}
}

// signing is an object store that has URLs.
type signing struct{ blob.Store }

func (signing) SignGet(_ context.Context, key string, d time.Duration) (string, error) {
	return "https://blobs/" + key + "?" + d.String(), nil
}

func TestArchivesAreWhereTheyWerePut(t *testing.T) {
	t.Parallel()
	blobs, err := file.Open(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, blobs.Close()) })
	kept := service.Archives{Type: "file", Stores: map[string]service.ArchiveStore{"file": {Store: signing{blobs}, Prefix: "pre/", Direct: time.Minute}}}
	f := open(t, func(c *service.Config) { c.Archives = kept })
	p := f.pushed("1", "w.dig", plain)
	if p.Latest.Archive.Type != "file" || !strings.HasPrefix(p.Latest.Archive.Path, "pre/0/cA/1.") {
		t.Errorf("the archive is %+v", p.Latest.Archive)
	}
	want := archive(t, "w.dig", plain)
	body, err := f.OpenArchive(t.Context(), p.Latest)
	must(t, err)
	got, err := io.ReadAll(body)
	must(t, errors.Join(err, body.Close()))
	if !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
	if url, err := f.ArchiveURL(t.Context(), p.Latest); err != nil || url != "https://blobs/"+p.Latest.Archive.Path+"?1m0s" {
		t.Errorf("got %q, %v", url, err)
	}

	// Another type for new archives leaves the old ones readable.
	g := service.New(service.Config{Store: f.store, NewUUID: func() string { return "" }, Archives: service.Archives{Stores: kept.Stores}})
	if body, err := g.OpenArchive(t.Context(), p.Latest); err != nil {
		t.Error(err)
	} else {
		must(t, body.Close())
	}
	for _, r := range []store.Revision{{Archive: store.Archive{Type: "none"}}, {ID: 99, Archive: store.Archive{Type: "db"}}} {
		if _, err := g.OpenArchive(t.Context(), r); model.CodeOf(err) != model.NotFound {
			t.Errorf("%+v: %v", r.Archive, err)
		}
	}
	if _, err := g.OpenArchive(t.Context(), store.Revision{Archive: store.Archive{Type: "s3"}}); err == nil || !strings.Contains(model.HintsOf(err), "archive.s3") {
		t.Errorf("a type that is not configured: %v", err)
	}
	if url, err := g.ArchiveURL(t.Context(), store.Revision{Archive: store.Archive{Type: "db"}}); err != nil || url != "" {
		t.Errorf("an archive in the store is at %q, %v", url, err)
	}
}
