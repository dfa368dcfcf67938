package serve

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/store"
)

func TestWorkflowsHaveARetentionOfTheirOwn(t *testing.T) {
	t.Parallel()
	set := newSettings(configured("retention.attempts", "90d", "retention.attempts.shop", "7d", "retention.attempts.shop/etl/daily", "12h", "retention.attempts.a.b", "0s"))
	want := store.Retention{Attempts: 90 * 24 * time.Hour, Versions: store.KeepVersions, Ticks: store.TickRetention{Started: 30 * 24 * time.Hour, Skipped: 7 * 24 * time.Hour, Failed: 30 * 24 * time.Hour}, Of: []store.WorkflowRetention{
		{Project: "shop", Attempts: 7 * 24 * time.Hour}, {Project: "shop", Workflow: "etl/daily", Attempts: 12 * time.Hour}, {Project: "a.b"},
	}}
	if diff := cmp.Diff(want, set.retention()); diff != "" || set.err != nil {
		t.Errorf("%v\n%s", set.err, diff)
	}
	for key, text := range map[string]string{
		"retention.attempts.shop":   "here: retention.attempts.shop must be a time such as 7d, 12h or 30m",
		"retention.attempts./daily": "here: retention.attempts./daily must name a project, or a project and a workflow",
		"retention.attempts.shop/":  "here: retention.attempts.shop/ must name a project, or a project and a workflow",
	} {
		set := newSettings(configured(key, "long"))
		set.retention()
		if set.err == nil || !strings.HasPrefix(set.err.Error(), text) {
			t.Errorf("%s: %v", key, set.err)
		}
	}
}
