package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/scratch"
)

// BucketConfig says where a Bucket is.
type BucketConfig struct {
	// Objects has the logs. Required; whoever opened it closes it.
	Objects blob.Store
	// Prefix is the folder of the logs among the objects. It may be empty.
	Prefix string
	// Home is where in that folder they are.
	Home Home
	// Spool is a folder of this machine for what is not uploaded yet. Several
	// processes may share it. Required; it is made where it is missing.
	Spool string
	// Direct is how long the URLs of Link are good. Zero has none.
	Direct time.Duration
	// Failed is told, from any goroutine, that something could not be uploaded
	// and will be tried again. Required.
	Failed func(error)
	// Limit is how many bytes the log of a run may have; see Dir.Limit.
	Limit int64
	// Every is how often what a try prints is uploaded while it runs, at most.
	// Defaults to 5 seconds.
	Every time.Duration
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock
}

// Bucket keeps logs as objects, for many machines. What a try prints is in the
// spool until it has been uploaded: parts while the try runs, so that others see
// them within seconds, and the whole when it ends. What a process has left in
// the spool when it died is uploaded by the next one on the machine, if the
// system has locks for folders.
type Bucket struct {
	cfg BucketConfig
	up  uploads
	watchers
	logs open

	// own is the folder of this process in the spool.
	own *scratch.Folder

	mu sync.Mutex
	// dead are the folders that processes have left which died.
	dead []*scratch.Folder
	// running are the pieces that are still written, by their files.
	running map[string]*running
}

var _ Store = (*Bucket)(nil)

// folderPrefix is how the folders of processes in the spool begin, where they are those
// of no Home.
const folderPrefix = "run-"

// OpenBucket opens the logs in a bucket and begins to upload what there is. Close
// ends it.
func OpenBucket(cfg BucketConfig) (*Bucket, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Every == 0 {
		cfg.Every = nextPart
	}
	if cfg.Prefix = strings.TrimLeft(cfg.Prefix, "/"); cfg.Prefix != "" && !strings.HasSuffix(cfg.Prefix, "/") {
		cfg.Prefix += "/"
	}
	spooled := cfg.Home.spooled()
	own, err := scratch.Make(cfg.Spool, spooled[0])
	if err != nil {
		return nil, fmt.Errorf("make a folder for logs: %w", err)
	}
	b := &Bucket{cfg: cfg, own: own, running: make(map[string]*running)}
	for _, prefix := range spooled {
		b.dead = append(b.dead, scratch.Abandoned(cfg.Spool, prefix)...)
	}
	b.start()
	return b, nil
}

// folder is how the keys of the objects of an attempt begin.
func (b *Bucket) folder(id model.AttemptID) string {
	return b.cfg.Prefix + b.cfg.Home.folder(id) + strconv.FormatInt(int64(id), 10) + "/"
}

// key is that of an object with a piece.
func (b *Bucket) key(n name, kind string) string {
	return b.folder(n.try.Attempt) + n.String() + kind
}

// Append implements Store: each run of a try has a file, and an object, of its
// own.
func (b *Bucket) Append(id model.TryID, task string) (*Log, error) {
	run, err := newRun()
	if err != nil {
		return nil, err
	}
	n := name{try: id, stem: stemOf(id, task), run: run}
	r := &running{name: n, path: filepath.Join(b.own.Path(), n.fileName()), due: b.cfg.Clock.Now().Add(min(firstPart, b.cfg.Every))}
	b.mu.Lock()
	b.running[r.path] = r // before others can find the file
	b.mu.Unlock()
	return b.logs.append(&Log{
		path: r.path, limit: b.cfg.Limit, now: b.cfg.Clock.Now,
		made: func() { b.made(b.begun(n)) }, done: func() { b.ended(r) },
	}), nil
}

func (b *Bucket) forget(r *running) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, r.path)
}

// List implements Store. The size of a log is that of its objects, unless it is
// still on this machine.
func (b *Bucket) List(ctx context.Context, id model.AttemptID) ([]File, error) {
	all, err := b.find(ctx, name{try: model.TryID{Attempt: id}})
	if err != nil {
		return nil, err
	}
	var list []File
	for i := range all {
		p := &all[i]
		if last := len(list) - 1; last >= 0 && list[last].ID == p.try {
			list[last].Size += p.size
			list[last].object = "" // it is in several
			continue
		}
		list = append(list, File{ID: p.try, Name: p.task(), Size: p.size, object: p.object})
	}
	return list, nil
}

// Open implements Store.
func (b *Bucket) Open(ctx context.Context, id model.TryID, task string, show Show) (io.ReadCloser, error) {
	all, err := b.find(ctx, name{try: id, stem: stemOf(id, task)})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, noLog(id, task)
	}
	show = show.about(id, task)
	first, err := b.open(ctx, &all[0], show)
	if err != nil {
		return nil, err
	}
	return &pieces{ctx: ctx, of: b, show: show, left: all[1:], file: first}, nil
}

// Watch implements Store. It tells of a run that begins on this machine or prints
// there now, and not of the next ones.
func (b *Bucket) Watch(id model.TryID, task string, f func()) (stop func(), tells bool) {
	n := name{try: id, stem: stemOf(id, task)}
	path := b.begun(n)
	b.mu.Lock()
	for at, r := range b.running {
		if r.try == n.try && r.stem == n.stem {
			path = at
		}
	}
	b.mu.Unlock()
	stop, _ = b.watch(path, f)
	return stop, false
}

// begun is a path without a file, which stands for the runs of a try to come.
func (b *Bucket) begun(of name) string {
	of.run = ""
	return filepath.Join(b.own.Path(), of.fileName())
}

// Link implements Store.
func (b *Bucket) Link(ctx context.Context, f File) (string, error) {
	if f.object == "" || b.cfg.Direct == 0 {
		return "", nil
	}
	return b.cfg.Objects.SignGet(ctx, f.object, b.cfg.Direct)
}

// Remove implements Store.
func (b *Bucket) Remove(ctx context.Context, id model.AttemptID) error {
	of := name{try: model.TryID{Attempt: id}}
	files, err := b.files(of)
	if err != nil {
		return err
	}
	for i := range files {
		if err := os.Remove(files[i].path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove logs of attempt %d: %w", id, err)
		}
		_ = os.Remove(indexOf(files[i].path)) // it goes with its folder otherwise
	}
	return b.eachObject(ctx, of, func(o blob.Object) error { return b.cfg.Objects.Delete(ctx, o.Key) })
}

// left counts the pieces that are in the folders of this process.
func (b *Bucket) left() (count int) {
	for _, folder := range b.folders() {
		entries, _ := os.ReadDir(folder.Path())
		for _, e := range entries {
			if _, ok := parseFileName(e.Name()); ok {
				count++
			}
		}
	}
	return count
}

// Close uploads what there is, as long as ctx is not done, and ends the work. It
// comes when nothing is written any more. What is left then is in the spool for
// the next process, and the error says so.
func (b *Bucket) Close(ctx context.Context) error {
	b.up.stop()
	b.up.loops.Wait()
	b.mu.Lock()
	clear(b.running)
	b.mu.Unlock()
	err := b.clear(ctx)
	left := b.left()
	for _, folder := range b.folders() {
		if left == 0 {
			err = errors.Join(err, folder.Remove())
		} else {
			err = errors.Join(err, folder.Release())
		}
	}
	if left > 0 {
		err = model.Errorf(model.Unavailable, "%d logs of tasks are still in %s, for the next start to upload them: %w",
			left, b.cfg.Spool, err)
	}
	return err
}
