package files

import (
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/product"
)

// chunk is how many tasks a worker takes at a time.
const chunk = 256

// Look finds out what is there of the products of tasks: it fills in Exists and
// Local of each for which path returns one, and Print of each task that has
// none. For products that are no files path returns "". It is called by as many
// goroutines as there are processors.
//
// A record is read only if the memo does not know it; now is the current time,
// by which it is told whether a file can change once more without a trace. A
// record that cannot be read makes a stamp that is Damaged, no error. What the
// memo has learned is stored before Look returns, where that can be.
func (m *Memo) Look(tasks []product.Task, now time.Time, path func(task, product int) string) error {
	l := looking{memo: m, tasks: tasks, path: path, settled: now.Add(-racy).UnixNano()}
	total := 0
	for i := range tasks {
		if i%chunk == 0 {
			l.starts = append(l.starts, total)
		}
		total += len(tasks[i].Products)
	}
	l.known = make([]bool, total)
	l.run()
	m.linked = l.linked.Load()
	if l.failed.err != nil {
		return l.failed.err
	}
	m.keep(l.known, l.learned.list, l.news.Load())
	return nil
}

// looking is one call of Look.
type looking struct {
	memo    *Memo
	tasks   []product.Task
	path    func(task, product int) string
	settled int64 // what changed before will not change without a trace

	starts  []int        // how many products there are before each chunk
	next    atomic.Int64 // chunk
	linked  atomic.Bool  // whether a product or its record is a symbolic link
	known   []bool       // for each product, whether the memo knows it in that place
	news    atomic.Bool  // whether something was learned that the memo lacks
	learned struct {
		sync.Mutex
		list []placed // of what the memo does not know in its place
	}
	failed struct {
		sync.Mutex
		task int
		err  error
	}
}

func (l *looking) run() {
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(l.starts)) {
		workers.Go(l.work)
	}
	workers.Wait()
}

func (l *looking) work() {
	w := worker{looking: l}
	defer w.close()
	var buf []byte
	for {
		c := int(l.next.Add(1)) - 1
		if c >= len(l.starts) {
			return
		}
		place := l.starts[c]
		for i := c * chunk; i < min((c+1)*chunk, len(l.tasks)); i++ {
			t := &l.tasks[i]
			buf = t.SetPrints(buf)
			for k := range t.Products {
				if path := l.path(i, k); path != "" {
					l.fail(i, w.look(path, place, &t.Products[k]))
				}
				place++
			}
		}
	}
}

// fail keeps the error of the first task.
func (l *looking) fail(task int, err error) {
	if err == nil {
		return
	}
	l.failed.Lock()
	defer l.failed.Unlock()
	if l.failed.err == nil || task < l.failed.task {
		l.failed.task, l.failed.err = task, err
	}
}

// worker is one of those that look.
type worker struct {
	*looking
	eyes    eyes
	learned []placed
}

// close hands over what was learned.
func (w *worker) close() {
	w.eyes.close()
	if w.eyes.links > 0 {
		w.linked.Store(true)
	}
	w.looking.learned.Lock()
	defer w.looking.learned.Unlock()
	w.looking.learned.list = append(w.looking.learned.list, w.learned...)
}

// look finds out what is there of one product.
func (w *worker) look(path string, place int, p *product.Product) error {
	dir, name := filepath.Split(path)
	_, exists, err := w.eyes.identify(dir, name)
	if err != nil {
		return err
	}
	metadata := metadataName(name)
	id, recorded, err := w.eyes.identify(dir, metadata)
	if err != nil {
		return err
	}
	p.Exists, p.Local = exists, product.Stamp{}
	switch {
	case recorded && exists:
		p.Local = w.stamp(path, dir, metadata, id, place)
	case recorded:
		p.Local.State = product.Stored
	case exists:
		return w.adopt(path, p)
	}
	return nil
}

// stamp returns the stamp of the record of a product, from the memo if it can be.
func (w *worker) stamp(path, dir, metadata string, id identity, place int) product.Stamp {
	key := keyOf(dir, metadata)
	found, s, ok := w.memo.find(key, place, id)
	if ok && found == place {
		w.known[place] = true
		return s
	}
	if !ok {
		w.news.Store(true)
		s = w.readStamp(path, dir, metadata, id.size)
	}
	if ok || s.State != product.Damaged && id.changed() < w.settled {
		p := placed{place: place}
		p.entry.set(key, id, s)
		w.learned = append(w.learned, p)
	}
	return s
}

func (w *worker) adopt(path string, p *product.Product) error {
	if err := adopt(path); err != nil {
		return err
	}
	if _, recorded, err := w.eyes.identify(filepath.Split(MetadataPath(path))); err != nil || !recorded {
		return err
	}
	p.Local = stampOf(Read(path))
	return nil
}

// readStamp reads a record, of that size a moment ago, for its stamp.
func (w *worker) readStamp(path, dir, metadata string, size int64) product.Stamp {
	text, err := w.eyes.read(dir, metadata, size)
	if err == nil {
		if s := stampOf(parse(path, text)); s.State != product.Damaged {
			return s
		}
	}
	return stampOf(Read(path)) // which may have changed meanwhile
}

func stampOf(r product.Record, err error) product.Stamp {
	if err != nil {
		return product.Stamp{State: product.Damaged}
	}
	return product.StampOf(r)
}
