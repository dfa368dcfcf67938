package client_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/client"
)

func TestOldAttemptsAreDeletedInParts(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(http.StatusOK, `{"attempts":2,"tasks":5,"sessions":1,"needed":1,"going":[{"id":"7"}],"next":"c1"}`),
		answer(http.StatusOK, `{"attempts":1,"tasks":3,"sessions":1,"needed":0,"going":[{"id":"8"}],"next":null}`))
	c := to(t, p.URL, client.Config{})
	done, err := c.Prune(t.Context(), client.Prune{OlderThan: "30d", Project: "p", State: "error"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(client.Pruned{
		Attempts: 3, Tasks: 8, Sessions: 2, Needed: 1, Going: []client.Going{{ID: "7"}, {ID: "8"}},
	}, done); diff != "" {
		t.Error(diff)
	}
	want := []string{
		`POST /api/pawl/v1/prune application/json {"olderThan":"30d","project":"p","state":"error"}`,
		`POST /api/pawl/v1/prune application/json {"olderThan":"30d","project":"p","state":"error","cursor":"c1"}`,
	}
	if diff := cmp.Diff(want, p.requests()); diff != "" {
		t.Error(diff)
	}
}
