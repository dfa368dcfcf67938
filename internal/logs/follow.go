package logs

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// lookEvery is how often a follower looks for what others have uploaded.
const lookEvery = 2 * time.Second

// FollowFrom implements Store.
func (b *Bucket) FollowFrom(ctx context.Context, id model.TryID, task string, show Show, offset int64) Reader {
	return &following{ctx: ctx, of: b, name: name{try: id, stem: stemOf(id, task)}, show: show.about(id, task), skip: offset}
}

// following reads a log of several pieces that is still written. An object that has
// grown is read again, without what is known of it.
type following struct {
	ctx  context.Context
	of   *Bucket
	name name
	show Show
	// skip is the offset up to which nothing is shown.
	skip int64

	// at is the piece that is read or was read last, as it was then, read how much
	// of it is known, and past how much the pieces before have.
	at         piece
	read, past int64
	file       *shown // nil between two pieces
	// objects are those of the last look at the bucket.
	objects []piece
	looked  time.Time
}

func (t *following) Read(p []byte) (int, error) {
	for {
		if t.file == nil {
			if err := t.advance(); err != nil {
				return 0, err
			}
		}
		n, err := t.file.Read(p)
		t.read = t.file.Offset()
		if errors.Is(err, io.EOF) {
			err = t.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Offset implements Reader.
func (t *following) Offset() int64 { return t.past + t.read }

// advance opens what comes next. It is io.EOF if there is nothing as yet.
func (t *following) advance() error {
	next, err := t.next()
	if err != nil {
		return err
	}
	if next.name != t.at.name {
		t.past, t.read = t.past+t.read, 0
	}
	f, err := t.of.openFrom(t.ctx, &next, t.read)
	if err != nil {
		return err
	}
	t.at, t.file = next, &shown{from: f, show: t.show, offset: t.read, drop: max(0, t.skip-t.past)}
	return nil
}

// next returns the piece to read on with: the same one if there is more of it,
// else the one after it.
func (t *following) next() (piece, error) {
	files, err := t.of.files(t.name)
	if err != nil {
		return piece{}, err
	}
	moved := t.at.path != "" && !slices.ContainsFunc(files, func(f piece) bool { return f.name == t.at.name })
	fresh := moved || t.of.cfg.Clock.Now().Sub(t.looked) >= lookEvery
	for {
		if fresh {
			if err := t.look(); err != nil {
				return piece{}, err
			}
		}
		all := merge(files, t.objects)
		i, known := slices.BinarySearchFunc(all, t.at.name, func(p piece, at name) int { return compareNames(p.name, at) })
		switch {
		case known && all[i] != t.at:
			return all[i], nil
		case known:
			i++
		}
		switch {
		case i == len(all):
			return piece{}, io.EOF
		case fresh:
			return all[i], nil
		}
		fresh = true // the end of the one before may be there only now
	}
}

func (t *following) look() (err error) {
	t.objects, err = t.of.objects(t.ctx, t.name)
	t.looked = t.of.cfg.Clock.Now()
	return err
}

// Close ends the reading.
func (t *following) Close() error {
	if t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return f.Close()
}
