package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/scratch"
)

const (
	// partsEvery is how often to look for parts that are due. The first part of
	// a piece is due after firstPart, and the next ones after nextPart, or after
	// so many times as long as the last one took: all of the piece is sent again.
	partsEvery = time.Second
	firstPart  = 2 * time.Second
	nextPart   = 5 * time.Second
	partRest   = 20
	// wholeWithin is how long the end of a try may wait for its log, so that the
	// log is whole for everyone once the try has ended.
	wholeWithin = 2 * time.Second
	// After a failure the next upload waits, twice as long each time.
	firstWait = 5 * time.Second
	maxWait   = time.Minute
)

// running is a piece that is still written.
type running struct {
	name
	path string
	// parted is set before the first part is sent, over before the whole is.
	parted, over atomic.Bool
	// What follows is that of the loop that sends parts.
	due  time.Time
	size int64 // of what was sent
}

// uploads are what goes on beside the tries.
type uploads struct {
	ctx   context.Context
	stop  context.CancelFunc
	loops sync.WaitGroup
	// more receives when there are pieces to upload that nobody writes.
	more chan struct{}
	// behind is set while ending tries do not wait for their logs: from an upload
	// that failed or took long until one succeeds.
	behind atomic.Bool

	mu sync.Mutex
	// wait is how long to wait after a failure, and again when the last one will
	// have been so long ago. Both are zero once an upload succeeded.
	wait  time.Duration
	again time.Time
}

func (b *Bucket) start() {
	b.up.ctx, b.up.stop = context.WithCancel(context.Background())
	b.up.more = make(chan struct{}, 1)
	b.up.more <- struct{}{} // what others have left
	b.up.loops.Go(func() { b.sendParts(b.up.ctx) })
	b.up.loops.Go(func() { b.catchUp(b.up.ctx) })
}

// sendParts sends what tries have printed that still run, until ctx is done.
func (b *Bucket) sendParts(ctx context.Context) {
	for clock.Pause(ctx, b.cfg.Clock, partsEvery) {
		b.mu.Lock()
		all := slices.Collect(maps.Values(b.running))
		b.mu.Unlock()
		slices.SortFunc(all, func(a, b *running) int { return a.due.Compare(b.due) })
		for _, r := range all {
			if b.rest() <= 0 {
				b.sendPart(ctx, r)
			}
		}
	}
}

// rest returns how long no upload is to be tried, as the last one failed.
func (b *Bucket) rest() time.Duration {
	b.up.mu.Lock()
	defer b.up.mu.Unlock()
	return b.up.again.Sub(b.cfg.Clock.Now())
}

func (b *Bucket) sendPart(ctx context.Context, r *running) {
	began := b.cfg.Clock.Now()
	info, err := os.Stat(r.path)
	if err != nil || info.Size() == r.size || began.Before(r.due) {
		return // it has just been moved, or there is nothing to do
	}
	r.parted.Store(true)
	err = b.put(ctx, r.name, r.path, partObject)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return // it has just been moved
	case err != nil:
		b.failed(ctx, err)
		return
	}
	if r.over.Load() {
		b.dropPart(ctx, r.name)
	}
	now := b.cfg.Clock.Now()
	r.size, r.due = info.Size(), now.Add(max(b.cfg.Every, partRest*now.Sub(began)))
}

// ended uploads the whole of a piece that is not written any more, or leaves it
// to be done.
func (b *Bucket) ended(r *running) {
	r.over.Store(true)
	if b.up.behind.Load() {
		b.forget(r)
		b.wake()
		return
	}
	ctx, cancel := context.WithTimeout(b.up.ctx, wholeWithin)
	defer cancel()
	err := b.move(ctx, r.name, r.path, r.parted.Load())
	b.forget(r)
	if err != nil {
		b.failed(ctx, err)
	}
}

// failed notes that an upload failed, unless it was only given up.
func (b *Bucket) failed(ctx context.Context, err error) {
	b.up.behind.Store(true)
	if ctx.Err() == nil {
		b.up.mu.Lock()
		b.up.wait = min(max(2*b.up.wait, firstWait), maxWait)
		b.up.again = b.cfg.Clock.Now().Add(b.up.wait)
		b.up.mu.Unlock()
		b.cfg.Failed(err)
	}
	b.wake()
}

func (b *Bucket) succeeded() {
	b.up.behind.Store(false)
	b.up.mu.Lock()
	defer b.up.mu.Unlock()
	b.up.wait, b.up.again = 0, time.Time{}
}

func (b *Bucket) wake() {
	select {
	case b.up.more <- struct{}{}:
	default:
	}
}

// catchUp uploads pieces that nobody writes any more, again and again after
// failures, until ctx is done.
func (b *Bucket) catchUp(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.up.more:
		}
		if rest := b.rest(); rest > 0 && !clock.Pause(ctx, b.cfg.Clock, rest) {
			return
		}
		if err := b.clear(ctx); err != nil {
			b.failed(ctx, err)
		}
	}
}

// clear uploads the pieces that nobody writes any more, and removes the folders
// of processes that have died.
func (b *Bucket) clear(ctx context.Context) error {
	for _, folder := range b.folders() {
		if err := b.clearFolder(ctx, folder.Path()); err != nil {
			return err
		}
		if folder == b.own {
			continue
		}
		b.mu.Lock()
		b.dead = slices.DeleteFunc(b.dead, func(f *scratch.Folder) bool { return f == folder })
		b.mu.Unlock()
		if err := folder.Remove(); err != nil {
			return fmt.Errorf("remove logs that are uploaded: %w", err)
		}
	}
	return nil
}

// clearFolder uploads the pieces in one folder. One that can't be uploaded does
// not keep others from it, unless the bucket is to blame.
func (b *Bucket) clearFolder(ctx context.Context, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("list logs that are not uploaded: %w", err)
	}
	var errs []error
	for _, e := range entries {
		n, ok := parseFileName(e.Name())
		path := filepath.Join(folder, e.Name())
		b.mu.Lock()
		_, written := b.running[path]
		b.mu.Unlock()
		if !ok || written {
			continue
		}
		if err := b.move(ctx, n, path, true); err != nil {
			errs = append(errs, err)
			if code := model.CodeOf(err); ctx.Err() != nil || code == model.Unavailable || code == model.Forbidden {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// move uploads the whole of a piece and removes its file, and its part if there
// may be one. A piece without content becomes nothing.
func (b *Bucket) move(ctx context.Context, n name, path string, parted bool) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // its attempt was removed
	}
	if err != nil {
		return err
	}
	if info.Size() > 0 {
		if err := b.put(ctx, n, path, wholeObject); err != nil {
			return err
		}
		if parted {
			b.dropPart(ctx, n)
		}
	}
	for _, file := range []string{path, indexOf(path)} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// dropPart removes a part, which does not count any more. One that stays goes
// with its attempt.
func (b *Bucket) dropPart(ctx context.Context, n name) {
	_ = b.cfg.Objects.Delete(ctx, b.key(n, partObject))
}

// put uploads a piece as it is now.
func (b *Bucket) put(ctx context.Context, n name, path, kind string) (err error) {
	packed, err := os.CreateTemp(b.own.Path(), "packed-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, packed.Close(), os.Remove(packed.Name())) }()
	if err := b.packFile(packed, n, path); err != nil {
		return err
	}
	size, err := packed.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := packed.Seek(0, io.SeekStart); err != nil {
		return err
	}
	err = b.cfg.Objects.Put(ctx, b.key(n, kind), packed, blob.PutOptions{Size: size, ContentType: "application/gzip"})
	if err == nil {
		b.succeeded()
	}
	return err
}

// packFile packs a piece as it is now.
func (b *Bucket) packFile(to io.Writer, n name, path string) error {
	defer b.logs.hold(path)()
	text, err := packedFile(path)
	if err != nil {
		return err
	}
	defer text.Close() //nolint:errcheck // it was only read
	return pack(to, n.head(), text.of, text.text)
}
