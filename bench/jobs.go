package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
)

// insertAtOnce is how many jobs are inserted in one transaction.
const insertAtOnce = 1_000

// jobsPostgres inserts workflows of one step, 1,000 at a time, and has them
// worked by servers that are processes of their own.
func jobsPostgres(h *harness) error {
	n := h.size(20_000, 40)
	w, err := chain(1)
	if err != nil {
		return err
	}
	r, err := recordRun(w)
	if err != nil {
		return err
	}
	return h.measure(
		h.jobsCase("jobs-pg-1", "worker", n, 1), h.jobsCase("jobs-pg-2", "worker", n, 2),
		h.jobsCase("jobs-pg-queue", "queue", n, 1), h.riverJobs(n),
		testCase{"bare-jobs", "jobs/s", func() (float64, error) {
			return bareSteps("", h.newBarePostgres, r, 1, n, insertAtOnce).run()
		}},
	)
}

func (h *harness) jobsCase(name, role string, n, servers int) testCase {
	return testCase{name, "jobs/s", func() (v float64, err error) {
		w, err := chain(1)
		if err != nil {
			return 0, err
		}
		cfg, err := h.newSchema()
		if err != nil {
			return 0, err
		}
		s, err := postgres.Open(context.Background(), cfg)
		if err != nil {
			return 0, err
		}
		done := make(chan error, servers)
		workers := make([]*actor, servers)
		for i := range workers {
			if workers[i], err = stage(part{Role: role, Config: cfg}); err != nil {
				return 0, err
			}
			if err := workers[i].expect("ready"); err != nil {
				return 0, err
			}
		}
		var ended atomic.Int64
		for _, a := range workers {
			go func() { a.count(&ended, n, done) }()
		}
		began := time.Now()
		if err := insertJobs(s, starting(w, ""), n); err != nil {
			return 0, err
		}
		for _, a := range workers {
			if err := a.say("go"); err != nil {
				return 0, err
			}
		}
		if err := <-done; err != nil {
			return 0, err
		}
		took := time.Since(began)
		for _, a := range workers {
			err = errors.Join(err, a.leave())
		}
		err = errors.Join(err, checkSucceeded(s, w, n), s.Close(), drop(cfg))
		return float64(n) / took.Seconds(), err
	}}
}

func insertJobs(s store.Store, like store.Start, n int) error {
	for first := 0; first < n; first += insertAtOnce {
		starts := make([]store.Start, min(insertAtOnce, n-first))
		for i := range starts {
			starts[i] = like
			starts[i].Session.Key = fmt.Sprintf("%09d", first+i)
		}
		if _, err := s.StartAll(context.Background(), starts); err != nil {
			return err
		}
	}
	return nil
}

func playWorker(p part) error {
	return serveJobs(p, func(s *postgres.Store, as func(*conductor.Config)) (*machine, error) { return newMachine(s, as) })
}

func playQueue(p part) error { return serveJobs(p, newQueueMachine) }

// serveJobs is a server that begins when it is told to, and writes a line
// with the number of attempts that ended with each commit.
func serveJobs(p part, begin func(*postgres.Store, func(*conductor.Config)) (*machine, error)) error {
	s, err := postgres.Open(context.Background(), p.Config)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return s.Close()
	}
	m, err := begin(s, observed(func(b *store.Batch) {
		ended := 0
		for i := range b.Attempts {
			if b.Attempts[i].State.Done() {
				ended++
			}
		}
		if ended > 0 {
			fmt.Println(ended)
		}
	}))
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	return m.close()
}
