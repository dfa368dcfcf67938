package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

// forgetful is a store without room for an audit log.
type forgetful struct{ store.Store }

func (forgetful) AppendAudit(context.Context, []store.AuditEntry) error {
	return model.Errorf(model.Unavailable, "no room")
}

func TestAChangeThatIsNotInTheAuditLogIsNotAnsweredAsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, of *service.Config) {
		c.Store = forgetful{c.Store}
	})
	rec := w.do(pushRequest("project=p&revision=1", archive(t, "w.dig", "+a:\n  echo>: 1\n")))
	if rec.Code != http.StatusServiceUnavailable {
		t.Errorf("push: %d %s", rec.Code, rec.Body)
	}
	for _, part := range []string{"the audit log lacks this entry", "principal=ann", "action=project.put", "revision 1", "no room"} {
		if !strings.Contains(w.log.String(), part) {
			t.Errorf("the log has no %q: %s", part, w.log)
		}
	}
	w.ask(http.StatusOK, "GET", "/api/projects/1", "") // it was done, and a look needs no entry
	r := request("DELETE", "/api/projects/1", "")
	r.SetBasicAuth("guest", "guest")
	if rec := w.do(r); rec.Code != http.StatusForbidden {
		t.Errorf("what was refused: %d %s", rec.Code, rec.Body)
	}
}

func TestAFaultInAChangeIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Store = faulty{c.Store} })
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.audit()
	r := request("DELETE", "/api/pawl/v1/tokens/ci", "")
	r.SetBasicAuth("root", "root")
	if rec := w.do(r); rec.Code != http.StatusInternalServerError {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if got := w.audit(); len(got) != 1 || got[0].Action != "token.revoke" || got[0].Outcome != "failed" {
		t.Errorf("entries: %+v", got)
	}
}

// faulty is a store with a fault in it.
type faulty struct{ store.Store }

func (faulty) ListTokens(context.Context) ([]store.Token, error) { panic("fault") }

// slow is a store whose audit log takes its time, and which counts how often it
// is written.
type slow struct {
	store.Store
	begun  chan int // how many entries each write has
	finish chan struct{}
}

func (s slow) AppendAudit(ctx context.Context, entries []store.AuditEntry) error {
	s.begun <- len(entries)
	<-s.finish
	return s.Store.AppendAudit(ctx, entries)
}

func TestEntriesThatComeTogetherAreWrittenTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := slow{memory.New(), make(chan int), make(chan struct{})}
		w := newWorld(t, func(testing.TB) store.Store { return s }, nil)
		var clients sync.WaitGroup
		refused := func() {
			clients.Go(func() {
				r := request("DELETE", "/api/pawl/v1/tokens/ci", "")
				r.SetBasicAuth("ann", "ann")
				if rec := w.do(r); rec.Code != http.StatusForbidden {
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
			})
		}
		refused()
		if n := <-s.begun; n != 1 {
			t.Errorf("the first write has %d entries", n)
		}
		for range 5 {
			refused()
		}
		synctest.Wait()
		s.finish <- struct{}{}
		if n := <-s.begun; n != 5 {
			t.Errorf("the second write has %d entries", n)
		}
		s.finish <- struct{}{}
		clients.Wait()
		if got := w.audit(); len(got) != 6 {
			t.Errorf("%d entries", len(got))
		}
	})
}

func TestThoseWhomNobodyKnowsLeaveNoEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	r := request("DELETE", "/api/projects/1", "")
	r.SetBasicAuth("mallory", "x")
	if rec := w.do(r); rec.Code != http.StatusUnauthorized {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if got := w.audit(); len(got) != 0 {
		t.Errorf("entries: %+v", got)
	}
}

func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	for i := range 5 {
		w.push(fmt.Sprint("p", i), "1", "w.dig", "+a:\n  echo>: 1\n")
	}
	var got []string
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		r := request("GET", "/api/pawl/v1/audit?count=2&cursor="+cursor, "")
		r.SetBasicAuth("root", "root")
		rec := w.do(r)
		var page struct {
			Entries []struct{ ID, Project string }
			Next    string
		}
		must(t, json.Unmarshal(rec.Body.Bytes(), &page))
		for _, e := range page.Entries {
			got = append(got, e.ID+e.Project)
		}
		cursor = page.Next
	}
	if diff := cmp.Diff([]string{"5p4", "4p3", "3p2", "2p1", "1p0"}, got); diff != "" {
		t.Error(diff)
	}
}
