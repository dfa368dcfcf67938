package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// pageSize is how many entries the pages of the benchmark have, and clients how
// many ask for them at a time.
const pageSize, clients = 50, 8

// listMillion asks a server with a million attempts for pages, from eight
// clients at a time over HTTP, and its store for those that the API does not
// have: attempts by state.
func listMillion(h *harness) (err error) {
	n := h.size(1_000_000, 10_000)
	path, err := h.filledSQLite(n)
	if err != nil {
		return err
	}
	s, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	web := server.New(server.Config{Service: service.New(service.Config{Store: s, NewUUID: uuid.NewString}), Store: s, Log: quietly()})
	listening, err := web.Listen(server.ListenConfig{Address: server.Address{Host: "127.0.0.1"}})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- listening.Serve(ctx) }()
	err = h.lists(s, "http://"+listening.Addresses()[0].String(), n)
	stop()
	return errors.Join(err, <-served, s.Close(), h.bareList(path, n))
}

// bareList is the limit for a page from the middle: the query alone, from as
// many connections as there are clients.
func (h *harness) bareList(path string, n int) (err error) {
	connections := make(chan *bareSQLite, clients)
	for range clients {
		c, err := openBareSQLite(path, "FULL")
		if err != nil {
			return err
		}
		connections <- c
	}
	err = h.measure(h.pages("sql-newest", func() (int, error) {
		c := <-connections
		defer func() { connections <- c }()
		return c.count(`SELECT a.*, s.* FROM attempts a CROSS JOIN sessions s ON s.id = a.session
			WHERE a.id < ? AND a.project <> 0 ORDER BY a.id DESC LIMIT 50`, int64(n/2))
	}))
	for range clients {
		err = errors.Join(err, (<-connections).close())
	}
	return err
}

func (h *harness) lists(s store.Store, url string, n int) error {
	depths := []struct {
		name string
		id   int // entries below it
	}{{"first", n + 1}, {"middle", n / 2}, {"last", max(n/20, pageSize*filledProjects*5) + 1}}
	for _, list := range []struct{ name, path string }{
		{"newest", "/api/attempts?"},
		{"project", "/api/attempts?project=p007&"},
		{"workflow", "/api/attempts?project=p007&workflow=w2&"},
		{"sessions", "/api/sessions?"},
	} {
		var cases []testCase
		for _, d := range depths {
			address := fmt.Sprintf("%s%spage_size=%d&last_id=%d", url, list.path, pageSize, d.id)
			cases = append(cases, h.pages("list-"+list.name+"-"+d.name, func() (int, error) { return page(address) }))
		}
		if err := h.measure(cases...); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		name   string
		filter store.Filter
	}{
		{"failed", store.Filter{Stored: true, Ended: engine.AttemptFailed}},
		{"failed-workflow", store.Filter{Project: 1, Workflow: "w0", Ended: engine.AttemptFailed}},
	} {
		var cases []testCase
		for _, d := range depths {
			at := store.Page{Limit: pageSize, Cursor: store.CursorAfter(model.AttemptID(d.id))}
			cases = append(cases, h.pages("list-"+list.name+"-"+d.name, func() (int, error) {
				l, _, err := s.ListAttempts(context.Background(), list.filter, at)
				return len(l), err
			}))
		}
		if err := h.measure(cases...); err != nil {
			return err
		}
	}
	return nil
}

// pages measures how long a page takes, from eight clients at a time and from
// one alone, and how much of the processors' time, the clients' included.
func (h *harness) pages(name string, get func() (int, error)) testCase {
	return testCase{name + "-p50", "ms", func() (float64, error) {
		var entries atomic.Int64
		ask := func(int) error {
			n, err := get()
			entries.Store(int64(n))
			return err
		}
		n, began := h.size(1_000, 8), used()
		took, err := inTurn(n, clients, ask)
		if err != nil {
			return 0, err
		}
		h.note(name+"-p99", "ms", percentile(took, 99))
		h.note(name+"-cpu", "µs/page", float64((used()-began).Microseconds())/float64(n))
		alone, err := inTurn(n/4, 1, ask)
		if err != nil {
			return 0, err
		}
		h.note(name+"-alone-p50", "ms", percentile(alone, 50))
		if entries.Load() != pageSize && !h.quick {
			return 0, fmt.Errorf("%d entries instead of %d", entries.Load(), pageSize)
		}
		return percentile(took, 50), nil
	}}
}

// web asks for answers that are not compressed: that is for networks.
var web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true}, Timeout: time.Minute}

// page returns how many entries a page has.
func page(address string) (n int, err error) {
	res, err := web.Get(address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK || res.ContentLength < 0 {
		return 0, fmt.Errorf("%s: %s", address, res.Status)
	}
	body := make([]byte, res.ContentLength)
	_, err = io.ReadFull(res.Body, body)
	return bytes.Count(body, []byte(`"sessionTime"`)), err
}
