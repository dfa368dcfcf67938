package server_test

import (
	"strings"
	"testing"
)

func TestADigestTellsHowWorkflowsWent(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.start("2026-03-02T00:00:00Z")
	w.begin(1)
	w.begin(2)
	w.succeed(1, "+w+a", noParams)
	const one = `{"workflows":[{"project":{"id":"1","name":"p"},"workflow":"w","runs":1,"succeeded":1,"failed":0,"killed":0,` +
		`"average":0,"p95":0,"lastAttemptId":"1","lastStatus":"success","lastEndedAt":"`
	for _, query := range []string{"", "?project=p", "?project=p&workflow=w", "?since=2020-01-01T00:00:00Z"} {
		if got := w.ask(200, "GET", "/api/pawl/v1/digest"+query, ""); !strings.HasPrefix(got, one) {
			t.Errorf("%s: %s", query, got)
		}
	}
	for _, query := range []string{"?project=p&workflow=x", "?until=2020-01-01T00:00:00Z"} {
		if got := w.ask(200, "GET", "/api/pawl/v1/digest"+query, ""); !strings.HasPrefix(got, `{"workflows":[]}`) {
			t.Errorf("%s: %s", query, got)
		}
	}
	w.ask(404, "GET", "/api/pawl/v1/digest?project=x", "")
	w.ask(400, "GET", "/api/pawl/v1/digest?workflow=w", "")
	w.ask(400, "GET", "/api/pawl/v1/digest?since=soon", "")
}
