package python

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/process/pyfork"
)

// templates are the Pythons of a host that fork, of which the last one is used
// for what comes.
type templates struct {
	mu    sync.Mutex
	last  *template
	ended sync.WaitGroup
}

// template is one of them, with what it was started for.
type template struct {
	python  *pyfork.Template // nil if it could not be started
	err     error            // why not
	preload int              // so many modules were known
	seen    []pyfork.Stamp   // what a new start would find different

	// These belong to templates.mu.
	users int
	last  bool
}

// acquire returns a template for one more user, who has to release it. It is
// started by the first who asks, and anew where there is more to preload or
// libraries were installed. The error is pyfork.ErrCold where there is none.
func (h *Host) acquire() (*template, error) {
	ts := &h.templates
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if h.life.Err() != nil {
		return nil, ErrClosed
	}
	modules := h.preloads()
	if t := ts.last; t == nil || t.preload < len(modules) || slices.ContainsFunc(t.seen, pyfork.Stamp.Changed) {
		ts.retire()
		ts.last = h.startTemplate(modules)
		if ts.last.python != nil {
			ts.ended.Go(ts.last.python.Listen)
		}
	}
	t := ts.last
	switch {
	case t.err != nil:
		return nil, t.err
	case t.python.Broken():
		return nil, fmt.Errorf("%w: the process that forked them has ended", pyfork.ErrCold)
	}
	t.users++
	return t, nil
}

// warm has the template of a host started beside what goes on.
func (ts *templates) warm(h *Host) {
	ts.ended.Go(func() {
		if t, err := h.acquire(); err == nil {
			ts.release(t)
		}
	})
}

func (ts *templates) release(t *template) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t.users--
	if t.users == 0 && !t.last {
		t.python.Close()
	}
}

// retire gives the last template to nobody any more, and ends it when nobody has it.
func (ts *templates) retire() {
	t := ts.last
	if t == nil {
		return
	}
	ts.last, t.last = nil, false
	if t.users == 0 && t.python != nil {
		t.python.Close()
	}
}

// close ends the templates, which nobody may use any more.
func (ts *templates) close() {
	ts.mu.Lock()
	ts.retire()
	ts.mu.Unlock()
	ts.ended.Wait()
}

func (h *Host) startTemplate(modules []params.Value) *template {
	t := &template{preload: len(modules), last: true, seen: []pyfork.Stamp{pyfork.StampOf(h.config.Python)}}
	config := params.Of("library", h.library, "path", h.folders(), "preload", modules)
	env := append(h.env[:len(h.env):len(h.env)], "PAWL_TEMPLATE="+string(params.AppendJSON(nil, config)))
	files, _ := library()
	program, err := fs.ReadFile(files, "_pawl/template.py")
	if err != nil {
		t.err = err
		return t
	}
	var folders []string
	t.python, folders, err = pyfork.Start(h.life, []string{h.config.Python}, env, string(program))
	if err != nil {
		t.err = fmt.Errorf("%w: %s does not start as it must: %w", pyfork.ErrCold, h.config.Python, err)
		return t
	}
	own := h.folders()
	for _, folder := range folders {
		if !slices.Contains(own, params.Value(folder)) { // in which tasks make files
			t.seen = append(t.seen, pyfork.StampOf(folder))
		}
	}
	return t
}

// runForked runs a task in a child of the template, with a file in memory
// between them.
func (h *Host) runForked(ctx context.Context, cwd string, request []byte, output io.Writer) (text []byte, status process.Status, err error) {
	t, release, err := h.forker(ctx)
	if err != nil {
		return nil, status, err
	}
	defer release()
	file, err := pyfork.MemoryFile("task.json")
	if err != nil {
		return nil, status, err
	}
	defer file.Close() //nolint:errcheck // it was read by then
	if err := fill(file, request); err != nil {
		return nil, status, err
	}
	status, err = t.python.Run(ctx, output, []byte(cwd+"\x00run"), file)
	switch {
	case errors.Is(err, pyfork.ErrLost):
		return nil, status, &Failure{Message: "the task was lost: " + err.Error()}
	case err != nil:
		return nil, status, err
	}
	text, err = pyfork.Content(file)
	return text, status, err
}

// fill writes a text to a file, for somebody else to read from its start.
func fill(f *os.File, text []byte) error {
	if _, err := f.Write(text); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// serveForked starts a child of the template that answers requests. Its end is
// told by the channel.
func (h *Host) serveForked(ctx context.Context, output *os.File, l *line) (<-chan ending, error) {
	t, err := h.acquire()
	if err != nil {
		return nil, err
	}
	ended := make(chan ending, 1)
	go func() { // the servant waits for it
		status, err := t.python.Run(ctx, output, []byte("/\x00serve"), l.file)
		h.templates.release(t)
		l.started() // so that whoever waits for an answer finds the line closed
		ended <- ending{status, err}
	}()
	return ended, nil
}
