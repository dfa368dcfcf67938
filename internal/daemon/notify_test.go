package daemon_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
)

func TestNotificationsNameWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	for message, tt := range map[string]struct {
		task string
		ttl  time.Duration
	}{
		"Workflow session attempt failed": {"fail>: no", 0},
		"Workflow execution timeout":      {"wait>: 1d", time.Nanosecond},
	} {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.push("r1", map[string]string{"daily.dig": "+a:\n  " + tt.task + "\n"})
			said := filepath.Join(t.TempDir(), "said")
			d := s.work(func(c *daemon.Config) {
				c.Settings = map[string]string{"notification.type": "shell", "notification.shell.command": "cat > " + said}
				c.AttemptTTL = tt.ttl
			})
			of := s.workflow("daily")
			s.ended(s.start(service.Start{Workflow: of}).ID)
			if err := d.Close(); err != nil { // what is told last is told by then
				t.Fatal(err)
			}
			text, err := os.ReadFile(said)
			if err != nil {
				t.Fatal(err)
			}
			var got params.Map
			if err := got.UnmarshalJSON(text); err != nil {
				t.Fatal(err)
			}
			for key, want := range params.Of(
				"message", message, "project_id", int64(of.Project), "project_name", "p", "workflow_name", "daily",
				"revision", "r1", "workflow_definition_id", int64(of.ID), "attempt_id", 1,
			).All() {
				if v, _ := got.Get(key); params.Literal(v) != params.Literal(want) {
					t.Errorf("%s is %v, and not %v", key, v, want)
				}
			}
		})
	}
}
