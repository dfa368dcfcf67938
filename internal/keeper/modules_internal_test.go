package keeper

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAModuleIsReadAgainWhenItHasChangedAndOnlyThen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tasks.py")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var known modules
	of := func(now time.Time) *module {
		t.Helper()
		m, err := known.of(path, now)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	put("def f():\n    return 1\n")
	now := time.Now()
	if first := of(now); of(now) == first {
		t.Error("a file that has just changed counts as known")
	}
	later := time.Now().Add(time.Minute)
	first := of(later)
	if of(later) != first {
		t.Error("a file that is as it was is read again")
	}
	put("def f():\n    return 1\n\ndef f():\n    return 22\n")
	if got, _ := of(later).source("f"); got != "def f():\n    return 22\n" {
		t.Errorf("got %q after the change", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := known.of(path, later); err == nil {
		t.Error("a module is found that is gone")
	}
}
