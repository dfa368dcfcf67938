package dig

import (
	"os"
	"path/filepath"
	"testing"
)

// A second load must come from the cache: nothing else would show if it never
// did.
func TestTheCacheIsUsed(t *testing.T) {
	t.Parallel()
	dir, cache := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.dig"), []byte("+a: {echo>: x}\n+b: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(cache, entryName(dir))
	names := []string{"a.dig"}
	if _, ok := readCached(file, os.DirFS(dir), dir, names); ok {
		t.Fatal("an empty cache has the project")
	}
	if _, err := LoadProjectCached(dir, dir, cache); err != nil {
		t.Fatal(err)
	}
	p, ok := readCached(file, os.DirFS(dir), dir, names)
	if !ok {
		t.Fatal("the project is not in the cache")
	}
	if len(p.Workflows) != 1 || len(p.Workflows[0].Root.Next(0)) != 1 {
		t.Errorf("the cached project is not finished: %v", p.Workflows)
	}
}
