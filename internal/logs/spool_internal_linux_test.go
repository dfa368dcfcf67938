package logs

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pawlhq/pawl/internal/parts"
)

// A program that outlives its try may print after what it had printed was moved,
// and end before the spools are given to another try, whose log is not to have that.
func TestSpoolsWithTextOfAnEarlierTryAreNotUsedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late string
		want bool
	}{"silent": {"", true}, "late": {"late\n", false}} {
		s, err := newSpools(t.TempDir())
		if err != nil {
			parts.Missing(t, err) // the system has none
		}
		for _, e := range s.ends {
			fd, err := unix.Open(descriptor(e.file), unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			e.out = os.NewFile(uintptr(fd), "output")
		}
		if _, err := s.ends[1].out.WriteString(c.late); err != nil {
			t.Fatal(err)
		}
		if got := s.empty(); got != c.want {
			t.Errorf("%s: they are used again: %v", name, got)
		}
		s.discard()
	}
}
