package serve

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/folder"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/values"
)

// Local answers what a server answers, of the runs that a folder has kept, or of what its
// files define. It only reads: who runs something there meanwhile is not disturbed.
type Local struct {
	store   store.Store
	outputs *values.Outputs
	http    *http.Server
	within  *within
	served  sync.WaitGroup
}

// LocalDatabase is the file with the runs of a folder.
func LocalDatabase(dir string) string { return instance.StatePath(dir, "pawl.db") }

// OpenLocal opens what a folder has of its runs. A folder without any is NotFound. The
// log is told why something could not be answered.
func OpenLocal(ctx context.Context, dir, version string, now clock.Clock, told *slog.Logger) (*Local, error) {
	of, err := sqlite.Look(LocalDatabase(dir))
	if err != nil {
		return nil, err
	}
	stored, err := hasProjects(ctx, of)
	if err != nil {
		return nil, errors.Join(err, of.Close())
	}
	if stored {
		return answer(of, dir, version, now, told), nil
	}
	return answer(folder.New(of, instance.Project), dir, version, now, told), nil
}

// OpenDefined opens what a folder defines: the projects of a server that has its database
// there, or else what its files say now, as the one project that its runs are of.
func OpenDefined(ctx context.Context, dir, version string, now clock.Clock, told *slog.Logger) (*Local, error) {
	of, err := sqlite.Look(LocalDatabase(dir))
	switch {
	case err == nil:
		if stored, err := hasProjects(ctx, of); err != nil || stored {
			if err != nil {
				return nil, errors.Join(err, of.Close())
			}
			return answer(of, dir, version, now, told), nil
		}
		if err := of.Close(); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist) && model.CodeOf(err) != model.NotFound:
		return nil, err
	}
	files := memory.NewWith(now)
	if _, err := rulesOf(files, now).Follow(ctx, instance.Project, dir); err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return answer(files, dir, version, now, told), nil
}

// hasProjects reports whether a database has projects, as that of a server does, which has
// nothing that is of none.
func hasProjects(ctx context.Context, of store.Store) (bool, error) {
	stored, _, err := of.ListProjects(ctx, store.ProjectFilter{}, store.Page{Limit: 1})
	return len(stored) > 0, err
}

func rulesOf(of store.Store, now clock.Clock) *service.Service {
	return service.New(service.Config{Store: of, Clock: now, NewUUID: uuid.NewString})
}

// answer answers of what a store has, which is closed with it.
func answer(of store.Store, dir, version string, now clock.Clock, told *slog.Logger) *Local {
	l := &Local{store: of, within: newWithin(), outputs: localOutputs(instance.StatePath(dir, "values"))}
	l.http = &http.Server{
		ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		Handler: server.New(server.Config{
			Service: rulesOf(of, now), Store: of,
			Logs: logs.At(instance.StatePath(dir, "logs")), Outputs: l.outputs, Log: told, Clock: now, Version: version,
		}),
	}
	l.served.Go(func() { _ = l.http.Serve(l.within) }) // until it is closed
	return l
}

// localOutputs has the values that are in a folder; nil if there is none, which opening it
// would make.
func localOutputs(dir string) *values.Outputs {
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	return values.NewOutputs(func() (*values.Manager, error) {
		of, err := file.Open(dir)
		return &values.Manager{Blobs: of}, err
	})
}

// Dial connects to it, whatever address is meant.
func (l *Local) Dial(ctx context.Context, _, _ string) (net.Conn, error) { return l.within.dial(ctx) }

// Close ends the connections and closes what is open.
func (l *Local) Close() error {
	err := l.http.Close()
	l.served.Wait()
	return errors.Join(err, l.outputs.Close(), l.store.Close())
}

// within listens for connections from the process itself.
type within struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newWithin() *within { return &within{calls: make(chan net.Conn), closed: make(chan struct{})} }

func (w *within) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.calls <- there:
		return here, nil
	case <-w.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Accept implements net.Listener.
func (w *within) Accept() (net.Conn, error) {
	select {
	case c := <-w.calls:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (w *within) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

// Addr implements net.Listener.
func (w *within) Addr() net.Addr { return &net.UnixAddr{Name: "within", Net: "unix"} }
