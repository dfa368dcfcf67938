package instance

import (
	"errors"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/store"
)

// saver writes the files of finished tasks in a goroutine of its own, so that
// no commit waits for them: until they are written, the store knows.
type saver struct {
	mu      sync.Mutex
	folders map[model.AttemptID]resume.Folder
	queue   []saved
	err     error
	closed  bool

	wake chan struct{}
	done chan struct{}
}

type saved struct {
	folder resume.Folder
	name   string
	result resume.Result
}

func newSaver() *saver {
	s := &saver{
		folders: make(map[model.AttemptID]resume.Folder),
		wake:    make(chan struct{}, 1), done: make(chan struct{}),
	}
	go s.run() // ended by close, which waits for done
	return s
}

// watch says where the results of an attempt go.
func (s *saver) watch(id model.AttemptID, f resume.Folder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders[id] = f
}

// observe takes the tasks over that a commit finished.
func (s *saver) observe(b *store.Batch) {
	s.mu.Lock()
	for i := range b.Tasks {
		r := &b.Tasks[i]
		folder, ok := s.folders[r.Attempt]
		if ok && keeps(r) {
			s.queue = append(s.queue, saved{folder, r.Name, resultOf(r)})
		}
	}
	waiting := len(s.queue) > 0
	s.mu.Unlock()
	if waiting {
		s.nudge()
	}
}

// keeps reports whether a row is one that later runs take over. What a memoised task
// took over, its session has not had.
func keeps(r *engine.TaskRow) bool {
	memoised := r.Detail != nil && r.Detail.Version != ""
	return r.State == model.Success && !r.OfItem() && (memoised || r.Flags&engine.Replayed == 0) && !executor.IsHook(r.Name)
}

func resultOf(r *engine.TaskRow) resume.Result {
	if r.Detail == nil {
		return resume.Result{}
	}
	return resume.Result{
		Export: r.Detail.Export, Store: r.Detail.Store, Reset: r.Detail.Reset, Subtasks: r.Detail.Subtasks,
	}
}

func (s *saver) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *saver) run() {
	defer close(s.done)
	for {
		s.mu.Lock()
		work, closed := s.queue, s.closed
		s.queue = nil
		s.mu.Unlock()
		for _, w := range work {
			if err := w.folder.Save(w.name, w.result); err != nil {
				s.mu.Lock()
				s.err = errors.Join(s.err, err)
				s.mu.Unlock()
				return
			}
		}
		if len(work) > 0 {
			continue
		}
		if closed {
			return
		}
		<-s.wake
	}
}

// close waits until everything is written and returns what went wrong.
func (s *saver) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.nudge()
	<-s.done
	return s.err
}

// harvest writes the files of what an attempt finished that was cut off: its
// last results may have reached the store only.
func harvest(snap *store.Snapshot, f resume.Folder) error {
	have, err := f.Load(snap.Definition.Root.Name)
	if err != nil {
		return err
	}
	for i := range snap.Tasks {
		r := &snap.Tasks[i]
		if _, ok := have.Finished[r.Name]; ok || !keeps(r) {
			continue
		}
		if err := f.Save(r.Name, resultOf(r)); err != nil {
			return err
		}
	}
	return nil
}
