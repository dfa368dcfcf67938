package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

// streams answers with messages, and breaks off.
func streams(messages ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, strings.Join(messages, "\n\n")+"\n\n")
	}
}

func TestEventsAreFollowedThroughLostConnections(t *testing.T) {
	t.Parallel()
	p := newPeer(t,
		streams("id: c1\nevent: attempt.started\ndata: {\"seq\":1}", ": nothing new", "id: c2\n: nothing new"),
		answer(503, `{"message":"the server is shutting down"}`),
		streams("id: c3\nevent: gone\ndata: {\"cursor\":\"c3\"}", "id: c4\nevent: task.started\ndata: {\"seq\":4}"),
		streams("id: c5\nevent: task.failed\ndata: {\"seq\":5}"),
	)
	var seen []string
	enough := errors.New("enough")
	err := to(t, p.URL, client.Config{}).FollowEvents(context.Background(), client.LogQuery{Since: time.Unix(0, 0), Types: []string{"task", "attempt"}}, client.Listener{
		Event: func(e client.LoggedEvent) error {
			seen = append(seen, fmt.Sprint("event ", e.Seq))
			if e.Seq == 5 {
				return enough
			}
			return nil
		},
		Gone: func() { seen = append(seen, "gone") },
		Lost: func(err error) {
			if model.CodeOf(err) != model.Unavailable {
				t.Error(err)
			}
			seen = append(seen, "lost")
		},
	})
	if !errors.Is(err, enough) {
		t.Errorf("it ended with %v", err)
	}
	if diff := cmp.Diff([]string{"event 1", "lost", "lost", "gone", "event 4", "lost", "event 5"}, seen); diff != "" {
		t.Errorf("the listener (-want +got):\n%s", diff)
	}
	const query = "GET /api/pawl/v1/events?"
	want := []string{query + "since=1970-01-01T00%3A00%3A00Z&type=task&type=attempt"}
	for _, cursor := range []string{"c2", "c2", "c4"} {
		want = append(want, query+"cursor="+cursor+"&type=task&type=attempt")
	}
	if diff := cmp.Diff(want, p.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if accept := p.head(0).Get("Accept"); accept != "text/event-stream" {
		t.Errorf("it accepts %s", accept)
	}
}

func TestAServerThatNeverAnsweredIsNotFollowed(t *testing.T) {
	t.Parallel()
	clock := new(clockwork)
	p := newPeer(t, answer(503, `{"message":"no"}`))
	err := to(t, p.URL, client.Config{Clock: clock}).FollowEvents(context.Background(), client.LogQuery{}, client.Listener{})
	if model.CodeOf(err) != model.Unavailable || len(clock.waited()) == 0 {
		t.Errorf("after %d waits: %v", len(clock.waited()), err)
	}
	p = newPeer(t, answer(400, `{"message":"no such type"}`))
	if err := to(t, p.URL, client.Config{}).FollowEvents(context.Background(), client.LogQuery{}, client.Listener{}); model.CodeOf(err) != model.Invalid {
		t.Errorf("a wrong query: %v", err)
	}
}

func TestEventsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(200, `{"events":[{"seq":1},{"seq":2}],"next":"c2","more":true}`), answer(200, `{"events":[],"next":"c9","more":true}`),
		answer(200, `{"events":[{"seq":3}],"next":"c10","more":false}`))
	var seen []int64
	err := to(t, p.URL, client.Config{}).ReadEvents(context.Background(), client.LogQuery{Project: "shop", After: "c0"}, func(e client.LoggedEvent) error {
		seen = append(seen, e.Seq)
		return nil
	})
	if err != nil || len(seen) != 3 {
		t.Errorf("it read %v, error %v", seen, err)
	}
	var want []string
	for _, cursor := range []string{"c0", "c2", "c9"} {
		want = append(want, "GET /api/pawl/v1/events?count=1000&cursor="+cursor+"&project=shop")
	}
	if diff := cmp.Diff(want, p.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	p = newPeer(t, answer(http.StatusGone, `{"message":"events are not kept","cursor":"c5"}`))
	err = to(t, p.URL, client.Config{}).ReadEvents(context.Background(), client.LogQuery{After: "c0"}, nil)
	if model.CodeOf(err) != model.Gone {
		t.Errorf("an old cursor: %v", err)
	}
}
