package values_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/memory"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/operator"
)

const id = "0b0c9e0e-6a3c-4d5e-8f00-1234567890ab"

// What stands for a file among parameters may have been written by anybody.
func TestAHandleNamesAFileAndNothingElse(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"files/" + id: true, "files/" + id + ".csv": true, "files/" + id + ".tar.gz": true,
		"values/7/s/2.1/o-x": false, "7/s/2.1/o-x": false, id: false, "": false, "files/": false, "files/x": false,
		"files/../files/" + id: false, "files/" + id + "/x": false, "files/" + id + `.\x`: false, "files/" + id + "..": false,
		"files/" + strings.ToUpper(id): false, "files/{" + id + "}": false, "files/urn:uuid:" + id: false, "files/" + strings.ReplaceAll(id, "-", ""): false,
	} {
		text := params.AppendJSON(nil, params.Of("$value", params.Of("key", key, "type", "file")))
		var f values.File
		if err := json.Unmarshal(text, &f); err == nil != want || f.IsZero() == want {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func TestAReferenceLeadsToOutputsAlone(t *testing.T) {
	t.Parallel()
	of := memory.New(time.Now)
	o := outputs(of)
	for key, want := range map[string]model.Code{
		"1/s/2.1/o-x": model.NotFound, "1/s/2.1/o-x/i-y": model.NotFound, "files/" + id + ".csv": model.NotFound,
		"projects/1/archive.tar.gz": model.Invalid, "1/s/2.1/x": model.Invalid, "1/s/2.1/o-": model.Invalid, "1/s/2.1/o-x/y": model.Invalid,
		"1/s/2.1/o-x/i-y/z": model.Invalid, "x/s/2.1/o-x": model.Invalid, "01/s/2.1/o-x": model.Invalid, "1/s/2/o-x": model.Invalid,
		"1/../2.1/o-x": model.Invalid, "1//2.1/o-x": model.Invalid, "files/x": model.Invalid, "": model.Invalid,
	} {
		for _, at := range []string{"here/" + key, "here/" + strings.Replace(key, "/", "/p3/", 1)} {
			if want == model.Invalid && blob.CheckKey(at) == nil {
				if err := of.Put(t.Context(), at, strings.NewReader("secret"), blob.PutOptions{Size: 6}); err != nil {
					t.Fatal(err)
				}
			}
		}
		ref := params.Of("$value", params.Of("key", key, "type", "bytes"))
		if place, err := o.Of(3).Find(t.Context(), ref, ""); model.CodeOf(err) != want {
			t.Errorf("%q: %+v, %v", key, place, err)
		}
	}
}

// A key that is known elsewhere opens nothing there.
func TestAProjectHasNoOutputsOfAnother(t *testing.T) {
	t.Parallel()
	o := outputs(memory.New(time.Now))
	task := &operator.Task{ID: operator.TryID{Attempt: 1, Task: 2, Try: 1}, Session: "s", Name: "+w+a"}
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := o.Of(3).Keep(t.Context(), task, operator.Kept{File: path, Form: "file", Key: "files/" + id})
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []params.Map{keep(t, o, 1, "text"), report.(params.Map)} {
		if _, err := o.Of(3).Find(t.Context(), ref, filepath.Join(t.TempDir(), "copy")); err != nil {
			t.Error(err)
		}
		for _, other := range []model.ProjectID{4, 30} {
			if place, err := o.Of(other).Find(t.Context(), ref, ""); model.CodeOf(err) != model.NotFound {
				t.Errorf("project %d finds %+v, %v", other, place, err)
			}
		}
	}
}

// Programs in Go hand files on to tasks of any project.
func TestTasksFindFilesOfPrograms(t *testing.T) {
	t.Parallel()
	of := memory.New(time.Now)
	f, err := values.NewFileManager(of, "here/", func(key string) string { return key }).WriteBytes(t.Context(), []byte("x"), "csv")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := params.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outputs(of).Of(3).Find(t.Context(), ref.(params.Map), filepath.Join(t.TempDir(), "copy")); err != nil {
		t.Error(err)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	o := outputs(memory.New(time.Now))
	for key, c := range map[string]struct {
		named params.Map
		want  string
	}{
		"1/s/2.1/o-x": {params.Of("step", "+w+a", "name", "x"), "output x of +w+a is not here"},
		"files/5f2b1c3e-8d1f-4d0a-9a55-1c1f6b1a7e21.csv": {params.Map{}, "files/5f2b1c3e-8d1f-4d0a-9a55-1c1f6b1a7e21.csv is not here"},
	} {
		ref := params.Of(operator.OutputKey, c.named.Set("key", key))
		if _, err := o.Of(3).Find(t.Context(), ref, filepath.Join(t.TempDir(), "copy")); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", key, err, c.want)
		}
	}
}

func TestAnOutputOfNoSessionIsNotLookedFor(t *testing.T) {
	t.Parallel()
	m := &values.Manager{Blobs: memory.New(time.Now), Prefix: "values/"}
	if err := m.Store(t.Context(), values.Output{Session: "s", Attempt: 7, Name: "x"}, "text"); err != nil {
		t.Fatal(err)
	}
	var text string
	up := values.Output{Session: "../7/s", Attempt: 8, Name: "x"}
	if err := m.Load(t.Context(), up, &text); model.CodeOf(err) != model.Invalid {
		t.Errorf("got %q, %v", text, err)
	}
	if has, err := m.Has(t.Context(), up); model.CodeOf(err) != model.Invalid {
		t.Errorf("it is there: %v, %v", has, err)
	}
}

// gate is a store of which each reading waits, once it was asked for.
type gate struct {
	blob.Store
	asked, open chan struct{}
}

func (g gate) Get(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	r, o, err := g.Store.Get(ctx, key)
	g.asked <- struct{}{}
	<-g.open
	return r, o, err
}

// Who deletes a copy deletes no other of the same file, however late that is.
func TestACopyIsNotDeletedForAnother(t *testing.T) {
	t.Parallel()
	g := gate{memory.New(time.Now), make(chan struct{}), make(chan struct{}, 9)}
	m := values.NewFileManager(g, "", func(key string) string { return key })
	f, err := m.WriteBytes(t.Context(), []byte("x"), "tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	first, second := make(chan string), make(chan string)
	copied := func(to chan<- string) {
		path, err := m.CopyToTemp(t.Context(), f)
		to <- path
		if err != nil {
			t.Error(err)
		}
	}
	go copied(first)
	<-g.asked
	g.open <- struct{}{}
	one := <-first
	if err := m.DeleteTemp(f); err != nil {
		t.Fatal(err)
	}
	go copied(second)
	<-g.asked
	g.open <- struct{}{}
	two := <-second
	if one == two || !strings.HasSuffix(two, ".tar.gz") {
		t.Errorf("the copies are %s and %s", one, two)
	}
	if text, err := os.ReadFile(two); err != nil || string(text) != "x" {
		t.Errorf("the copy has %q, %v", text, err)
	}
	if err := errors.Join(m.DeleteTemp(f), m.DeleteTemp(f)); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(filepath.Dir(two)); err != nil || len(left) != 0 {
		t.Errorf("the folder has %v, %v", left, err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
