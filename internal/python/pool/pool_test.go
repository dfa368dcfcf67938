package pool_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/python/pool"
	"github.com/pawlhq/pawl/internal/python/pythontest"
)

func TestAPythonIsKeptForTheNextUseIfThereMayBeOne(t *testing.T) {
	t.Parallel()
	for _, once := range []bool{false, true} {
		p, dir := &pool.Pool{}, t.TempDir()
		t.Cleanup(p.Close)
		at := pool.Place{Dir: dir, Root: dir, Cwd: dir, Env: []string{python.Variable + "=" + pythontest.Path(t)}, Once: once}
		of := func() (*python.Host, func()) {
			host, release, err := p.Of(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			return host, release
		}
		first, release := of()
		second, releaseToo := of()
		if first != second {
			t.Errorf("once is %v: two users at a time have two Pythons", once)
		}
		release()
		if third, done := of(); third != first {
			t.Errorf("once is %v: a Python in use is ended", once)
		} else {
			done()
		}
		releaseToo()
		again, release := of()
		release()
		if (again != first) != once {
			t.Errorf("once is %v, the next is another: %v", once, again != first)
		}
	}
}
