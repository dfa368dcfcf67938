package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/cli/console"
)

// queuedServer has one attempt, which waits in the run queue until it is killed.
type queuedServer struct{ killed bool }

func (s *queuedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := "queued"
	if s.killed {
		status = "killed"
	}
	attempt := fmt.Sprintf(`{"id":"1","done":%t,"sessionTime":"2026-01-30T00:00:00Z","status":%q}`, s.killed, status)
	switch {
	case strings.HasSuffix(r.URL.Path, "/workflow"):
		attempt = `{"id":"7","name":"w","project":{"id":"1","name":"p"}}`
	case r.URL.Path == "/api/projects":
		attempt = `{"projects":[{"id":"1","name":"p"}]}`
	case strings.HasSuffix(r.URL.Path, "/truncated_session_time"):
		attempt = `{"sessionTime":"2026-01-30T00:00:00Z"}`
	case strings.HasSuffix(r.URL.Path, "/tasks"):
		attempt = `{"tasks":[]}`
	case strings.HasSuffix(r.URL.Path, "/files"):
		attempt = `{"files":[]}`
	}
	_, _ = fmt.Fprint(w, attempt)
}

func TestTheLogOfARunThatWaitsInTheQueueSaysSo(t *testing.T) {
	t.Parallel()
	const waits = "pawl: attempt 1 waits in the run queue; `pawl queue` shows what for\n"
	s, clock := new(queuedServer), new(stepping)
	clock.step = func() { s.killed = len(clock.waits) > 1 }
	_, _, stderr := runAt(t, s, console.IO{Clock: clock}, "log", "1", "-f")
	if stderr != waits+"pawl: attempt 1 ended with the status killed\npawl: attempt 1 was ended before it began, so nothing of it ran\n" {
		t.Errorf("followed: %s", stderr)
	}
	if _, _, stderr := runAt(t, new(queuedServer), console.IO{}, "log", "1"); stderr != waits {
		t.Errorf("not followed: %s", stderr)
	}
}

func TestAStartThatWaitsInTheQueueSaysSo(t *testing.T) {
	t.Parallel()
	code, _, stderr := runAt(t, new(queuedServer), console.IO{}, "start", "p", "w", "--session", "2026-01-30")
	if code != 0 || !strings.Contains(stderr, "it waits in the run queue until the limits admit it: `pawl queue` shows what for") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
