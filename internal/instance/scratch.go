package instance

import (
	"cmp"
	"sync"

	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/scratch"
)

// scratchFolder is where the tasks of an instance have their scratch files. It
// is made for the first that needs it.
type scratchFolder struct {
	parent string

	mu   sync.Mutex
	made *scratch.Folder
}

// scratchPrefix begins the names of such folders.
const scratchPrefix = "pawl-run-"

func newScratch(c Config) *scratchFolder {
	return &scratchFolder{parent: cmp.Or(c.Scratch, command.ScratchFolder(c.Project))}
}

// path returns the folder. A failure to make it may be over for the next one
// who asks.
func (s *scratchFolder) path() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil {
		f, err := scratch.Make(s.parent, scratchPrefix)
		if err != nil {
			return "", err
		}
		s.made = f
	}
	return s.made.Path(), nil
}

// clean removes the folder, and those of instances whose process has died. What
// stays is only litter.
func (s *scratchFolder) clean() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != nil {
		_ = s.made.Remove()
		s.made = nil
	}
	scratch.Sweep(s.parent, scratchPrefix)
}
