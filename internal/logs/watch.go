package logs

import (
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
)

// Watch implements Store. It can't tell of writes where the log does not exist
// yet or the system does not tell.
func (d *Dir) Watch(id model.TryID, task string, f func()) (stop func(), tells bool) {
	return d.watch(d.Path(id, task), f)
}

// watchers are those who watch the logs of a folder.
type watchers struct {
	mu   sync.Mutex
	logs map[string]*watched // by path
	// files tells of writes. It is nil unless a log that exists is watched.
	files *notifier
}

// watched is one log.
type watched struct {
	calls []*func()
	// mark is what the notifier knows the file by, if told is set.
	mark int
	told bool
}

func (w *watchers) watch(path string, f func()) (stop func(), tells bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.logs == nil {
		w.logs = make(map[string]*watched)
	}
	l := w.logs[path]
	if l == nil {
		l = new(watched)
		w.logs[path] = l
	}
	l.calls = append(l.calls, &f)
	w.mark(path, l)
	return func() { w.leave(path, &f) }, l.told
}

// mark has the system tell of writes to a log, if it can.
func (w *watchers) mark(path string, l *watched) {
	if l.told {
		return
	}
	if w.files == nil {
		n, err := newNotifier(w.written)
		if err != nil {
			return // whoever follows the log looks from time to time anyway
		}
		w.files = n
	}
	if mark, err := w.files.add(path); err == nil {
		l.mark, l.told = mark, true
	}
}

// leave ends the watching of one.
func (w *watchers) leave(path string, f *func()) {
	w.mu.Lock()
	l := w.logs[path]
	l.calls = slices.DeleteFunc(l.calls, func(g *func()) bool { return g == f })
	if len(l.calls) == 0 {
		delete(w.logs, path)
		if l.told {
			w.files.remove(l.mark)
		}
	}
	var idle *notifier
	if len(w.logs) == 0 {
		idle, w.files = w.files, nil
	}
	w.mu.Unlock()
	if idle != nil {
		idle.close()
	}
}

// made tells that a log was made by this process.
func (w *watchers) made(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.logs[path]; l != nil {
		w.mark(path, l)
		l.call()
	}
}

// written tells that a file was written to.
func (w *watchers) written(mark int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.logs {
		if l.told && l.mark == mark {
			l.call()
		}
	}
}

func (l *watched) call() {
	for _, f := range l.calls {
		(*f)()
	}
}
