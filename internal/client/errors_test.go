package client_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

func TestErrorsFollowFromTheStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		code   model.Code
		says   string
	}{
		{400, `{"message":"a.dig: wrong","status":400}`, model.Invalid, "a.dig: wrong"},
		{401, `{"message":"who?","status":401}`, model.Unauthenticated, "who?"},
		{403, `{"message":"no","status":403}`, model.Forbidden, "no"},
		{404, `{"message":"Resource does not exist: project 7","status":404}`, model.NotFound, "resource not found: project 7"},
		{409, `{"message":"Resource already exists: revision r","status":409}`, model.Conflict, "request conflicted: revision r"},
		{422, `{"message":"odd","status":422}`, model.Invalid, "odd"},
		{500, `{"message":"oh","status":500}`, model.Internal, "oh"},
		{501, ``, model.Internal, "the server answered 501 Not Implemented"},
		{502, "<html>\nnginx</html>", model.Unavailable, "the server answered 502 Bad Gateway"},
		{504, "too slow\n", model.Unavailable, "the server answered 504 Gateway Timeout: too slow"},
		{404, `[]`, model.NotFound, "resource not found: the server answered 404 Not Found: []"},
	} {
		p := newPeer(t, answer(c.status, c.body))
		_, err := to(t, p.URL, client.Config{Retries: -1}).Attempt(t.Context(), "1")
		if model.CodeOf(err) != c.code || err.Error() != c.says {
			t.Errorf("%d %s: %v: %v", c.status, c.body, model.CodeOf(err), err)
		}
	}
}

func TestWhatIsNoWorkflowServerIsToldSo(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(200, "<html>"))
	_, err := to(t, p.URL, client.Config{}).Version(t.Context())
	if model.CodeOf(err) != model.Unavailable || len(p.requests()) != 1 {
		t.Errorf("%d requests: %v", len(p.requests()), err)
	}
}

func TestAClashTellsTheAttemptThatThereIs(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(409, `{"id":"12","sessionId":"3","sessionTime":"2026-01-30T00:00:00+09:00"}`))
	a, err := to(t, p.URL, client.Config{}).Start(t.Context(), client.Start{Workflow: "1"})
	if model.CodeOf(err) != model.Conflict || a.ID != "12" || a.SessionID != "3" {
		t.Errorf("got %+v, %v", a, err)
	}
	p = newPeer(t, answer(409, `a session is there already`))
	a, err = to(t, p.URL, client.Config{}).Start(t.Context(), client.Start{Workflow: "1"})
	if diff := cmp.Diff(client.Attempt{}, a); diff != "" || model.CodeOf(err) != model.Conflict {
		t.Errorf("got %v: %s", err, diff)
	}
}

func TestAMissingProjectIsAnErrorThoughTheListIsNone(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(200, `{"projects":[]}`))
	if _, err := to(t, p.URL, client.Config{}).Project(t.Context(), "p"); model.CodeOf(err) != model.NotFound {
		t.Errorf("got %v", err)
	}
	p = newPeer(t, answer(404, `{"message":"Resource does not exist: workflow","status":404}`))
	_, err := to(t, p.URL, client.Config{}).Workflow(t.Context(), "1", "daily", "")
	if model.CodeOf(err) != model.NotFound || err.Error() != `there is no workflow "daily" in the newest revision of the project` {
		t.Errorf("got %v", err)
	}
}
