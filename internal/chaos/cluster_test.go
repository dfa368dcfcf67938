//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

// cluster is a database with processes that share it.
type cluster struct {
	program string
	dir     string // with a folder for each process
	temp    string
	ledger  string // what tasks note in
	keeper  int
	db      *postgrestest.Server
	members []*member

	stop func() error
}

// servers are so many servers with more settings.
func servers(count int, settings ...string) kind {
	return kind{name: "server", count: count, settings: func(dir string) []string {
		return append([]string{
			"server.port = 0", "server.runtime-info.path = " + filepath.Join(dir, "addresses"), "agent.max-task-threads = 4",
		}, settings...)
	}}
}

// workers are so many workers with more settings.
func workers(count int, settings ...string) kind {
	return kind{name: "worker", count: count, settings: func(string) []string {
		return append([]string{"agent.max-task-threads = 4"}, settings...)
	}}
}

func newCluster(t *testing.T, kinds ...kind) *cluster {
	t.Helper()
	c := &cluster{program: program(t), db: postgrestest.Own(t), dir: t.ArtifactDir(), keeper: keeper(t)}
	c.temp, c.ledger = filepath.Join(c.dir, "tmp"), filepath.Join(c.dir, "ledger")
	if err := os.MkdirAll(c.temp, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		for n := range k.count {
			c.members = append(c.members, newMember(t, c, k, n+1))
		}
	}
	return c
}

// databaseAt returns the address of the database itself.
func (c *cluster) databaseAt() string {
	u, err := url.Parse(c.db.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// settings are those that all processes have. Each reaches the database by its
// own proxy.
func (c *cluster) settings(m *member) []string {
	return []string{
		"database.type = postgresql",
		"database.url = " + strings.Replace(c.db.URL, c.databaseAt(), m.proxy.address(), 1),
		"database.path = " + filepath.Join(m.dir, "data"),
		"log-server.local.path = " + filepath.Join(c.dir, "logs"),
		"tmpdir = " + c.temp,
		"executor.attempt_max_run = 100000",
	}
}

// start starts all processes, which live until the test ends or stop is called.
// Any that ends is started again after a moment.
func (c *cluster) start(t *testing.T, seed uint64) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	for i, m := range c.members {
		pauses := rand.New(rand.NewPCG(seed, uint64(i)))
		group.Go(func() error {
			return m.keep(ctx, func() time.Duration { return time.Duration(pauses.IntN(1500)) * time.Millisecond })
		})
	}
	c.stop = sync.OnceValue(func() error {
		cancel()
		return group.Wait()
	})
	t.Cleanup(func() { _ = c.stop() }) // a test that ended well has looked at it
}

// open opens the database past all proxies.
func (c *cluster) open(t *testing.T) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Config{URL: c.db.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// endpoints returns where requests are answered, or were a moment ago.
func (c *cluster) endpoints() (list []string) {
	for _, m := range c.members {
		if at := m.endpoint(); at != "" {
			list = append(list, at)
		}
	}
	return list
}

// checkLogs fails for what no process may ever say. One that was killed at once
// has said nothing.
func (c *cluster) checkLogs(t *testing.T) {
	t.Helper()
	for _, m := range c.members {
		for _, file := range []string{"output", "log"} {
			text, err := os.ReadFile(filepath.Join(m.dir, file))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, "panic") || strings.Contains(line, "internal fault") {
					t.Errorf("%s said: %s", m.name, line)
				}
			}
		}
	}
}

// deaths counts how often processes were killed, and how often they ended
// because they could not work on.
func (c *cluster) deaths() (killed, left int) {
	for _, m := range c.members {
		m.mu.Lock()
		killed, left = killed+m.killed, left+m.left
		m.mu.Unlock()
	}
	return killed, left
}

// restartDatabase ends the database as a crash does and starts it again. Where
// its port is taken for a moment, it waits.
func (c *cluster) restartDatabase(ctx context.Context) error {
	for {
		err := c.db.Restart()
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}
