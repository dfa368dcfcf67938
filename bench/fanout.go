package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// fanOut runs a task over a collection: its items are listed, run in this process, and
// their states are on disk. What it uses of memory is the most that was ever in use
// beside what was before.
func fanOut(h *harness) error {
	n := h.size(100_000, 2_000)
	return h.measure(
		testCase{"fan-out", "µs/item", func() (float64, error) { return h.fanOutOf(n, "fan-out-memory") }},
		testCase{"fan-out-1M", "µs/item", func() (float64, error) { return h.fanOutOf(h.size(1_000_000, 4_000), "fan-out-1M-memory") }},
	)
}

// collection is a workflow that does nothing for each of n numbers.
func collection(n int) (*workflow.Workflow, error) {
	w := &workflow.Workflow{Name: "fan", Root: &workflow.Node{Name: "+fan", Children: []*workflow.Node{{
		Name: "+each", Each: &workflow.Each{Source: "numbers", Config: params.Of("n", n), Key: "item", Window: 500},
		Children: []*workflow.Node{{Name: "+item", Operator: "nop"}},
	}}}}
	return w, w.Finish()
}

// listNumbers lists those from 0 to before its n.
func listNumbers(_ context.Context, t *operator.Task) (operator.Result, error) {
	n, err := t.Params.Int("n")
	return operator.Result{Each: func(yield func(operator.Item, error) bool) {
		for i := range n {
			if !yield(operator.Item{Value: params.Of("id", i, "name", fmt.Sprint("shop ", i))}, nil) {
				return
			}
		}
	}}, err
}

func (h *harness) fanOutOf(n int, memory string) (float64, error) {
	w, err := collection(n)
	if err != nil {
		return 0, err
	}
	s, err := sqlite.Open(filepath.Join(h.dir, fmt.Sprint("fan", n, "-", time.Now().UnixNano())))
	if err != nil {
		return 0, err
	}
	m, err := newMachine(s, shared)
	if err != nil {
		return 0, err
	}
	gauge := watchHeap()
	began := time.Now()
	if err := m.run(w, "k"); err != nil {
		return 0, err
	}
	took := time.Since(began)
	h.note(memory, "MB", gauge())
	if err := checkItems(s, n); err != nil {
		return 0, err
	}
	return float64(took.Microseconds()) / float64(n), m.close()
}

// checkItems returns an error unless all items have succeeded.
func checkItems(s store.Store, n int) error {
	ctx := context.Background()
	snap, err := s.Load(ctx, 1)
	if err != nil {
		return err
	}
	for _, t := range snap.Tasks {
		if t.Detail == nil || t.Detail.Items == nil {
			continue
		}
		counts, err := s.CountItems(ctx, store.ItemList{Attempt: t.Attempt, Task: t.ID, List: t.Detail.Items.List})
		if err == nil && (counts[model.Success] != int64(n) || t.Detail.Items.Done != int64(n) || len(snap.Tasks) > 3) {
			err = fmt.Errorf("%v of %d items, %d tasks are left", counts, n, len(snap.Tasks))
		}
		return err
	}
	return fmt.Errorf("there is no collection")
}

// watchHeap looks at the memory in use now and then, until what it returns is
// called, which says by how many megabytes it has grown at most.
func watchHeap() (grown func() float64) {
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	base, most := inUse(), uint64(0)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(heapEvery):
				most = max(most, inUse())
			}
		}
	}()
	return func() float64 {
		close(quit)
		<-done
		return max(0, float64(most)-float64(base)) / 1e6
	}
}

// heapEvery is how often the memory in use is looked at, which takes a collection of
// garbage.
const heapEvery = 500 * time.Millisecond
