package server_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// endless is a store in which each search looks at as many attempts as it may, and
// finds none.
type endless struct {
	store.Store
	looked int
}

func (s *endless) SearchAttempts(_ context.Context, of store.Search, p store.Page) ([]store.Attempt, string, error) {
	_, past, err := p.Bounds()
	look := cmp.Or(of.Look, store.DefaultLook)
	s.looked += look
	return nil, store.CursorAfter(cmp.Or(past, 1<<40) - int64(look)), err
}

func TestASearchLooksAtNoMoreInManyProjects(t *testing.T) {
	t.Parallel()
	for _, projects := range []int{1, 4} {
		who := auth.Principal{Name: "cat"}
		for i := range projects {
			who.Scopes = append(who.Scopes, auth.Scope{Verb: auth.Read, Project: fmt.Sprint("p", i)})
		}
		of := &endless{Store: openMemory(t)}
		w := newWorld(t, func(testing.TB) store.Store { return of }, func(cfg *server.Config, _ *service.Config) {
			cfg.Auth = people{"cat": who, "ann": {Name: "ann", Scopes: auth.Everything()}}
		})
		for i := range projects {
			w.push(fmt.Sprint("p", i), "r1", "w.dig", "+a:\n  echo>: a\n")
		}
		r := request("GET", "/api/pawl/v1/attempts?param=a=1", "")
		r.SetBasicAuth("cat", "cat")
		if rec := w.do(r); rec.Code != 200 || strings.Contains(rec.Body.String(), `"next":null`) {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
		if of.looked != 10*store.DefaultLook {
			t.Errorf("in %d projects it looked at %d attempts", projects, of.looked)
		}
	}
}
