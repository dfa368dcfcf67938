package serve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/updates"
)

func TestSettingsSayWhatIsToldOfAttempts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pairs []string
		want  updates.Options
	}{
		"nothing": {nil, updates.Options{Tasks: true}},
		"topics":  {[]string{"updates.topics", "runs, audit"}, updates.Options{Topics: []string{"runs", "audit"}, Tasks: true}},
		"everything": {
			[]string{"updates.topics", "runs", "updates.projects", "shop,bakery", "updates.tasks", "false", "updates.params", "true"},
			updates.Options{Topics: []string{"runs"}, Projects: []string{"shop", "bakery"}, Params: true},
		},
	} {
		set := newSettings(configured(tt.pairs...))
		if diff := cmp.Diff(tt.want, set.daemon(daemon.Config{}).Updates); diff != "" || set.err != nil {
			t.Errorf("%s: %v\n%s", name, set.err, diff)
		}
	}
}

func TestWrongSettingsOfUpdatesAreTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pairs      []string
		want, hint string
	}{
		{[]string{"updates.topics", "runs,,audit"}, "here: updates.topics must be names of topics, joined by commas", "a name is empty"},
		{[]string{"updates.topics", "runs,runs"}, "here: updates.topics must be names", "runs is there twice"},
		{[]string{"updates.topics", strings.Repeat("x", 300)}, "here: updates.topics must be names", "may have up to 255 bytes"},
		{[]string{"updates.topics", "runs", "updates.tasks", "maybe"}, "here: updates.tasks must be true or false", ""},
		{[]string{"updates.params", "true"}, "here: updates.params must be left out unless updates.topics names topics", ""},
	} {
		if err := Check(configured(tt.pairs...)); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(model.HintsOf(err), tt.hint) {
			t.Errorf("%v: %v (%v)", tt.pairs, err, model.HintsOf(err))
		}
	}
}
