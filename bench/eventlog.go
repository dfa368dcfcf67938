package main

import (
	"context"
	"database/sql/driver"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// eventLog has many writers add events of 200 bytes to the history on SQLite,
// each waiting until its event is on disk, beside a file that is appended to
// in groups and a program that inserts the same rows, as many as there are
// writers, in each transaction.
func eventLog(h *harness) error {
	for _, writers := range []int{64, 512} {
		n := h.size(100_000, 100) / writers * writers
		if h.quick {
			n = writers
		}
		name := fmt.Sprintf("events-%d", writers)
		if err := h.measure(
			testCase{name, "events/s", func() (float64, error) { return h.writeEvents(n, writers) }},
			testCase{"bare-" + name, "events/s", func() (float64, error) { return h.bareEvents(n, writers) }},
			testCase{"append-" + name, "events/s", func() (float64, error) { return h.appendEvents(n, writers) }},
		); err != nil {
			return err
		}
	}
	return h.measure(testCase{"events-follow-p50", "ms", h.followEvents})
}

// event is one of 200 bytes in the form that it is stored in.
func event(id model.AttemptID, seq int64) engine.Event {
	return engine.Event{
		Attempt: id, Seq: seq, At: model.InstantOf(time.Now()), Kind: engine.TaskEnded, Task: 1, Name: "+bench+t1", Try: 1,
		State: model.Success, Data: params.Of("note", strings.Repeat("x", 150)),
	}
}

// history opens a store with an attempt for each writer.
func (h *harness) history(writers int) (store.Store, []model.AttemptID, error) {
	s, err := h.newSQLite()
	if err != nil {
		return nil, nil, err
	}
	w, err := chain(1)
	if err != nil {
		return nil, nil, err
	}
	starts := make([]store.Start, writers)
	for i := range starts {
		starts[i] = starting(w, fmt.Sprint(i))
	}
	list, err := s.StartAll(context.Background(), starts)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]model.AttemptID, writers)
	for i := range list {
		ids[i] = list[i].ID
	}
	return s, ids, nil
}

func (h *harness) writeEvents(n, writers int) (float64, error) {
	s, ids, err := h.history(writers)
	if err != nil {
		return 0, err
	}
	ctx, each := context.Background(), n/writers
	began := time.Now()
	_, err = inTurn(writers, writers, func(w int) error {
		for i := range each {
			if err := s.Commit(ctx, &store.Batch{Events: []engine.Event{event(ids[w], int64(i+1))}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	last, err := s.Events(ctx, ids[writers-1], int64(each-1), 10)
	if err == nil && (len(last) != 1 || last[0].Seq != int64(each)) {
		err = fmt.Errorf("the last event is not there")
	}
	if err != nil {
		return 0, err
	}
	return float64(n) / took.Seconds(), s.Close()
}

func (h *harness) bareEvents(n, writers int) (float64, error) {
	b, err := h.newBareSQLite()
	if err != nil {
		return 0, err
	}
	body := record.Events([]engine.Event{event(1, 1)})
	var list []transaction
	for seq := range int64(n / writers) {
		events := rows{table: eventsTable}
		for id := range int64(writers) {
			events.values = append(events.values, []driver.Value{id + 1, seq + 1, body})
		}
		list = append(list, transaction{inserts: []rows{events}})
	}
	took, err := commitAll(b, list)
	if err != nil {
		return 0, err
	}
	return float64(n) / took.Seconds(), b.close()
}

// appendEvents adds records of 200 bytes to a file. What writers add while it
// is forced to the disk is forced with the next write.
func (h *harness) appendEvents(n, writers int) (float64, error) {
	f, err := os.Create(filepath.Join(h.dir, "append"))
	if err != nil {
		return 0, err
	}
	type group struct {
		bytes   []byte
		written chan struct{}
		err     error
	}
	var mu, turn sync.Mutex
	next := &group{written: make(chan struct{})}
	add := func(line []byte) error {
		mu.Lock()
		mine := next
		mine.bytes = append(mine.bytes, line...)
		mu.Unlock()
		turn.Lock()
		defer turn.Unlock()
		select {
		case <-mine.written:
			return mine.err
		default:
		}
		mu.Lock()
		next = &group{written: make(chan struct{})}
		mu.Unlock()
		if _, mine.err = f.Write(mine.bytes); mine.err == nil {
			mine.err = f.Sync()
		}
		close(mine.written)
		return mine.err
	}
	began := time.Now()
	_, err = inTurn(writers, writers, func(int) error {
		line := make([]byte, 200)
		for range n / writers {
			if err := add(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return float64(n) / time.Since(began).Seconds(), f.Close()
}

// followEvents measures how long after an event came up a reader of the log has it
// that is told of each commit, as streams are, while 64 writers are at work. It must
// read every event once and those of each attempt in order.
func (h *harness) followEvents() (float64, error) {
	const writers, lull = 64, 5 * time.Millisecond
	s, ids, err := h.history(writers)
	if err != nil {
		return 0, err
	}
	ctx, each := context.Background(), h.size(300, 3)
	bell, written := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		_, err := inTurn(writers, writers, func(w int) error {
			for i := range each {
				if err := s.Commit(ctx, &store.Batch{Events: []engine.Event{event(ids[w], int64(i+1))}}); err != nil {
					return err
				}
				select {
				case bell <- struct{}{}:
				default:
				}
			}
			return nil
		})
		written <- err
	}()
	var late []time.Duration
	seen := make(map[model.AttemptID]int64)
	for q := (store.LogQuery{Limit: store.MaxLimit}); len(late) < writers*each; {
		<-bell
		for more := true; more; {
			page, err := s.ReadLog(ctx, q)
			if err != nil {
				return 0, err
			}
			for _, entry := range page.Entries {
				for _, e := range entry.Events {
					if seen[e.Attempt]++; seen[e.Attempt] != e.Seq {
						return 0, fmt.Errorf("event %d of attempt %d comes as number %d", e.Seq, e.Attempt, seen[e.Attempt])
					}
					late = append(late, time.Since(e.At.Time()))
				}
			}
			q.After, more = page.Next, page.More
		}
		if len(late) < writers*each {
			<-time.After(lull) // more gathers meanwhile
			select {
			case bell <- struct{}{}:
			default:
			}
		}
	}
	if err := <-written; err != nil {
		return 0, err
	}
	h.note("events-follow-p99", "ms", percentile(late, 99))
	return percentile(late, 50), s.Close()
}
