package files_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// look looks at one product for each path.
func look(t *testing.T, m *files.Memo, paths ...string) []product.Product {
	t.Helper()
	return lookAt(t, m, time.Now(), paths...)
}

func lookAt(t *testing.T, m *files.Memo, now time.Time, paths ...string) []product.Product {
	t.Helper()
	tasks := make([]product.Task, len(paths))
	for i := range tasks {
		tasks[i].Products = make([]product.Product, 1)
	}
	if err := m.Look(tasks, now, func(task, _ int) string { return paths[task] }); err != nil {
		t.Fatal(err)
	}
	var found []product.Product
	for _, task := range tasks {
		found = append(found, task.Products...)
	}
	return found
}

func open(t *testing.T, path string) *files.Memo {
	t.Helper()
	m, err := files.OpenMemo(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// muchLater is when the files of a test do not count as just changed.
func muchLater() time.Time { return time.Now().Add(time.Hour) }

// Whatever happens to files between two looks, a memo never makes a difference
// to what is found.
func TestAMemoFindsWhatAColdReadFinds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		dir := t.TempDir()
		var paths []string
		for i := range 1 + r.IntN(12) {
			paths = append(paths, filepath.Join(dir, fmt.Sprint(i%3), fmt.Sprint("p", i)))
		}
		memo := filepath.Join(dir, "memo", "records")
		for round := range 12 {
			for range r.IntN(4) {
				edit(t, r, paths[r.IntN(len(paths))])
			}
			if r.IntN(4) == 0 {
				paths = reorder(r, paths)
			}
			now := time.Now()
			if r.IntN(2) == 0 {
				now = now.Add(time.Minute)
			}
			if r.IntN(5) == 0 {
				spoil(t, r, memo)
			}
			got := lookAt(t, open(t, memo), now, paths...)
			want := look(t, open(t, ""), paths...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, round %d: %s", seed, round, diff)
			}
		}
	}
}

// edit does something to a product or its record. What it writes is often as
// long as what was there.
func edit(t *testing.T, r *rand.Rand, path string) {
	t.Helper()
	record := product.NewRecord(float64(1+r.IntN(9)), string(rune('a'+r.IntN(26))), params.Of("n", r.IntN(9)))
	text := string(product.AppendRecord(nil, record))
	meta := files.MetadataPath(path)
	switch r.IntN(8) {
	case 0:
		_ = os.Remove(path) // it may not be there
	case 1:
		write(t, path, "x")
	case 2:
		_ = os.Remove(meta)
	case 3:
		write(t, meta, text[:r.IntN(len(text))])
	case 4:
		build(t, record, path)
	case 5:
		write(t, path, "x")
		write(t, meta, "{}")
	default:
		write(t, path, "x")
		write(t, meta, text)
	}
}

func reorder(r *rand.Rand, paths []string) []string {
	out := make([]string, len(paths))
	for i, place := range r.Perm(len(paths)) {
		out[place] = paths[i]
	}
	return out[:1+r.IntN(len(out))]
}

// spoil damages a file somewhere.
func spoil(t *testing.T, r *rand.Rand, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 {
		return // there is none yet
	}
	at := r.IntN(len(content))
	if r.IntN(2) == 0 {
		content = content[:at]
	} else {
		content[at] ^= 1 << r.IntN(8)
	}
	write(t, path, string(content))
}

// What a memo knows is not read again: a change is not seen where the memo is
// told that it knows the file.
func TestWhatDidNotChangeIsNotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, memo := filepath.Join(dir, "x"), filepath.Join(dir, "memo")
	build(t, product.NewRecord(1, "x", params.Map{}), path)
	first := lookAt(t, open(t, memo), muchLater(), path)
	write(t, files.MetadataPath(path), "{}")
	files.Forgive(t, memo, path)
	if diff := cmp.Diff(first, look(t, open(t, memo), path)); diff != "" {
		t.Error(diff)
	}
}

// Wherever a memo's file is damaged, it is as if there were none.
func TestADamagedMemoKnowsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, memo := filepath.Join(dir, "x"), filepath.Join(dir, "memo")
	build(t, product.NewRecord(1, "x", params.Map{}), path)
	want := lookAt(t, open(t, memo), muchLater(), path)
	good := read(t, memo)
	for i := range len(good) {
		bad := []byte(good)
		bad[i] ^= 1
		for _, content := range []string{string(bad), good[:i]} {
			write(t, memo, content)
			if known := files.Known(t, memo); known != 0 {
				t.Fatalf("%d of %d bytes, the last %q: %d records are remembered", len(content), len(good), content[max(0, i-1):], known)
			}
			if diff := cmp.Diff(want, look(t, open(t, memo), path)); diff != "" {
				t.Fatalf("byte %d: %s", i, diff)
			}
		}
	}
}

func TestAMemoKnowsRecordsInAnyOrderAndKeepsThoseThatDidNotChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	memo := filepath.Join(dir, "memo")
	var paths []string
	for _, name := range []string{"a", "b", "c"} {
		paths = append(paths, filepath.Join(dir, name))
		build(t, product.NewRecord(1, name, params.Map{}), paths[len(paths)-1])
	}
	want := lookAt(t, open(t, memo), muchLater(), paths...)
	write(t, files.MetadataPath(paths[0]), "{}")
	files.Forgive(t, memo, paths[0])
	got := lookAt(t, open(t, memo), muchLater(), paths[2], paths[0])
	if diff := cmp.Diff([]product.Product{want[2], want[0]}, got); diff != "" {
		t.Error(diff)
	}
	lookAt(t, open(t, memo), muchLater(), paths...)
	if known := files.Known(t, memo); known != 3 {
		t.Errorf("%d records are remembered", known)
	}
	write(t, files.MetadataPath(paths[1]), "[]")
	lookAt(t, open(t, memo), muchLater(), paths...)
	if known := files.Known(t, memo); known != 2 {
		t.Errorf("%d records are remembered although one is damaged", known)
	}
}

func TestTheRecordOfAMissingProductIsNotRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	write(t, files.MetadataPath(path), "damaged")
	want := []product.Product{{Local: product.Stamp{State: product.Stored}}}
	if diff := cmp.Diff(want, look(t, open(t, ""), path)); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatHasJustChangedIsNotTrusted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, memo := filepath.Join(dir, "x"), filepath.Join(dir, "memo")
	build(t, product.NewRecord(1, "x", params.Map{}), path)
	look(t, open(t, memo), path)
	if known := files.Known(t, memo); known != 0 {
		t.Errorf("%d records are remembered at once", known)
	}
	lookAt(t, open(t, memo), muchLater(), path)
	if known := files.Known(t, memo); known != 1 {
		t.Errorf("%d records are remembered later", known)
	}
}

func TestAMemoIsWrittenOnlyWhereThereAreNews(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, memo := filepath.Join(dir, "x"), filepath.Join(dir, "memo")
	build(t, product.NewRecord(1, "x", params.Map{}), path)
	lookAt(t, open(t, memo), muchLater(), path)
	before, err := os.Stat(memo)
	if err != nil {
		t.Fatal(err)
	}
	lookAt(t, open(t, memo), muchLater(), path)
	after, err := os.Stat(memo)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the memo was written again: %v", err)
	}
}

func TestProductsThatAreNoFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	want := product.Product{Name: "table", Exists: true, Local: product.Stamp{State: product.Stored, Timed: true, Time: 3}}
	tasks := []product.Task{{Code: "c", Products: []product.Product{want}}}
	if err := open(t, "").Look(tasks, time.Now(), func(int, int) string { return "" }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, tasks[0].Products[0]); diff != "" {
		t.Error(diff)
	}
	if tasks[0].Print != product.PrintOf("c", "", params.Map{}) {
		t.Error("the task has no print")
	}
}

func TestAProductBehindALinkCountsAsWhatItLeadsTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "far", "x"), "")
	for name, target := range map[string]string{"good": "far/x", "broken": "far/y", "round": "round", "below": "far/x/z"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"good": true, "broken": false, "round": false, "below": false} {
		if got := look(t, open(t, ""), filepath.Join(dir, name)); got[0].Exists != want {
			t.Errorf("%s: got %v", name, got[0].Exists)
		}
	}
}

func TestAMemoThatCannotBeWrittenIsNoError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	build(t, product.NewRecord(1, "x", params.Map{}), path)
	file := filepath.Join(dir, "kept", "memo")
	memo := open(t, file)
	write(t, filepath.Dir(file), "in the way")
	if got := look(t, memo, path); !got[0].Exists || got[0].Local.State != product.Stored {
		t.Errorf("got %+v", got[0])
	}
}
