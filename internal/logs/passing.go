package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/scratch"
)

// Passing are logs that go with their process, in a folder for what is of no use
// afterwards. That is made when something is printed first.
type Passing struct {
	*Dir

	mu     sync.Mutex
	folder *scratch.Folder // nil until it is made
	closed bool
}

// passingPrefix is how the folders begin.
const passingPrefix = "pawl-logs-"

// NewPassing returns logs with a clock. Close removes them.
func NewPassing(c clock.Clock) *Passing {
	d := At(filepath.Join(os.TempDir(), passingPrefix+uuid.NewString()))
	d.Clock(c)
	return &Passing{Dir: d}
}

// Append implements Store.
func (p *Passing) Append(id model.TryID, task string) (*Log, error) {
	if err := p.make(); err != nil {
		return nil, fmt.Errorf("make a folder for logs: %w", err)
	}
	return p.Dir.Append(id, task)
}

func (p *Passing) make() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return os.ErrClosed
	case p.folder != nil:
		return nil
	}
	scratch.Sweep(filepath.Dir(p.path), passingPrefix)
	p.folder, err = scratch.MakeAt(p.path)
	return err
}

// Close removes the logs, when nothing is printed any more.
func (p *Passing) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.folder == nil {
		return nil
	}
	err := p.folder.Remove()
	p.folder = nil
	return err
}
