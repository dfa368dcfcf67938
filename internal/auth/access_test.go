package auth_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func scope(t *testing.T, text string) auth.Scope {
	t.Helper()
	s, err := auth.ParseScope(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func with(t *testing.T, scopes ...string) auth.Principal {
	t.Helper()
	p := auth.Principal{Name: "ann"}
	for _, text := range scopes {
		p.Scopes = append(p.Scopes, scope(t, text))
	}
	return p
}

func TestScopesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]auth.Scope{
		"read": {Verb: auth.Read}, "run": {Verb: auth.Run}, "push:x": {Verb: auth.Push, Project: "x"}, "admin": {Verb: auth.Admin},
		"secrets:a:b c": {Verb: auth.Secrets, Project: "a:b c"},
	} {
		got := scope(t, text)
		if got != want || got.String() != text {
			t.Errorf("%s: got %+v, %s", text, got, got)
		}
		var back auth.Scope
		if encoded, err := json.Marshal(got); err != nil || string(encoded) != `"`+text+`"` || json.Unmarshal(encoded, &back) != nil || back != want {
			t.Errorf("%s: as JSON %s, %v, back %+v", text, encoded, err, back)
		}
	}
}

func TestUnknownScopesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Read", "write", "run:", ":x", "admin:x", "read ", "*"} {
		var s auth.Scope
		_, err := auth.ParseScope(text)
		if model.CodeOf(err) != model.Invalid || model.CodeOf(s.UnmarshalText([]byte(text))) != model.Invalid {
			t.Errorf("%q: %v, %v", text, err, s)
		}
	}
}

func TestScopesAllowTheirActions(t *testing.T) {
	t.Parallel()
	look := []auth.Action{
		auth.AttemptGet, auth.AttemptList, auth.ProjectGet, auth.ProjectList, auth.ScheduleGet, auth.ScheduleList,
		auth.SessionGet, auth.SessionList, auth.SubscriptionList, auth.TaskList, auth.WorkflowGet, auth.WorkflowList,
	}
	for text, more := range map[string][]auth.Action{
		"read": {auth.ArchiveGet, auth.LetterList, auth.LogGet, auth.LogList, auth.ProcessList, auth.QueueGet, auth.RecordList},
		"run": {auth.AttemptEdit, auth.AttemptKill, auth.AttemptRun, auth.AttemptSkip, auth.AttemptTag, auth.LetterDrop, auth.LetterList, auth.LetterResend, auth.LogGet, auth.LogList, auth.PoolPut, auth.ProcessList, auth.QueueGet, auth.RecordDrop, auth.RecordList,
			auth.ScheduleDisable, auth.ScheduleEnable, auth.ScheduleFill, auth.ScheduleSkip, auth.SignalSend},
		"push":    {auth.ArchiveGet, auth.AttemptDelete, auth.ProjectContent, auth.ProjectDelete, auth.ProjectPut},
		"secrets": {auth.SecretDelete, auth.SecretList, auth.SecretPut},
	} {
		want := slices.Sorted(slices.Values(slices.Concat(look, more)))
		for _, tt := range []struct {
			scope, project string
			want           []auth.Action
		}{
			{text, "a", want}, {text, "", want}, {text + ":a", "a", want}, {text + ":a", "b", nil}, {text + ":a", "", nil},
		} {
			var got []auth.Action
			for _, a := range auth.Actions() {
				err := auth.ByScope{}.Allow(with(t, tt.scope), a, tt.project)
				if err == nil {
					got = append(got, a)
				} else if model.CodeOf(err) != model.Forbidden {
					t.Errorf("%s: %v", a, err)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s in %q: %s", tt.scope, tt.project, diff)
			}
		}
	}
}

func TestWhoHasNoScopeMayDoNothing(t *testing.T) {
	t.Parallel()
	for _, a := range auth.Actions() {
		if err := (auth.ByScope{}).Allow(auth.Principal{}, a, "x"); model.CodeOf(err) != model.Forbidden {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestAdministratorsMayDoEverythingThatThereIs(t *testing.T) {
	t.Parallel()
	p := auth.Principal{Name: "root", Admin: true}
	for _, a := range auth.Actions() {
		if err := (auth.ByScope{}).Allow(p, a, "x"); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	if err := (auth.ByScope{}).Allow(p, "project.burn", "x"); model.CodeOf(err) != model.Forbidden {
		t.Errorf("an action that there is not: %v", err)
	}
}

func TestRefusalsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := with(t, "read:a")
	for _, tt := range []struct {
		action        auth.Action
		project       string
		message, hint string
	}{
		{auth.AttemptRun, "a", `"ann" may not do attempt.run in project "a"`, "it needs the scope run:a"},
		{auth.ProjectGet, "", `"ann" may not do project.get`, "it needs the scope read"},
		{auth.Administer, "", `"ann" may not do administer`, "it needs an administrator"},
	} {
		err := auth.ByScope{}.Allow(p, tt.action, tt.project)
		if err == nil || err.Error() != tt.message || model.HintsOf(err) != tt.hint {
			t.Errorf("got %v, hint %s, want %s, hint %s", err, model.HintsOf(err), tt.message, tt.hint)
		}
	}
}

func TestListsShowWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scopes []string
		action auth.Action
		want   auth.Visible
	}{
		{nil, auth.ProjectList, auth.Visible{}},
		{[]string{"read"}, auth.ProjectList, auth.Visible{All: true}},
		{[]string{"run:b", "read:a", "push:b"}, auth.ProjectList, auth.Visible{Projects: []string{"a", "b"}}},
		{[]string{"run:b", "read:a", "push:b"}, auth.LogList, auth.Visible{Projects: []string{"a", "b"}}},
		{[]string{"run:b", "read:a", "push:b"}, auth.AttemptKill, auth.Visible{Projects: []string{"b"}}},
		{[]string{"run:b", "read"}, auth.ProjectList, auth.Visible{All: true}},
		{[]string{"read:a"}, auth.SecretList, auth.Visible{}},
	} {
		got := auth.ByScope{}.Visible(with(t, tt.scopes...), tt.action)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q, %s: %s", tt.scopes, tt.action, diff)
		}
		for _, project := range []string{"a", "b", "c"} {
			if allowed := (auth.ByScope{}).Allow(with(t, tt.scopes...), tt.action, project) == nil; allowed != got.Has(project) {
				t.Errorf("%q, %s: %s is visible: %v, allowed: %v", tt.scopes, tt.action, project, got.Has(project), allowed)
			}
		}
	}
}

func TestServersWithoutAuthenticationStayOnTheirMachine(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "127.9.8.7", "::1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1"} {
		if err := auth.CheckBind([]string{host}, false); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"", "0.0.0.0", "::", "[::]", "*", "192.168.1.2", "example.com", "localhost.example.com", "127.0.0.1:80", "2130706433", "::ffff:10.0.0.1", "127.0.0.1 "} {
		err := auth.CheckBind([]string{"127.0.0.1", host}, false)
		if model.CodeOf(err) != model.Invalid || model.HintsOf(err) == "" {
			t.Errorf("%q: %v", host, err)
		}
		if err := auth.CheckBind([]string{host}, true); err != nil {
			t.Errorf("%q with authentication: %v", host, err)
		}
	}
	if err := auth.CheckBind(nil, false); err != nil {
		t.Errorf("nothing to listen on: %v", err)
	}
}

func TestServersWithoutAuthenticationAnswerAsTheirMachineOnly(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "127.0.0.1:65432", "[::1]:65432", "[::1]", "localhost", "LOCALHOST:1"} {
		if err := auth.CheckHost(host, false); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"", "evil.com", "evil.com:65432", "localhost.evil.com:1", "127.0.0.1.evil.com", "10.0.0.1:65432", "0.0.0.0:65432", ":65432"} {
		if err := auth.CheckHost(host, false); model.CodeOf(err) != model.Forbidden || model.HintsOf(err) == "" {
			t.Errorf("%q: %v", host, err)
		}
		if err := auth.CheckHost(host, true); err != nil {
			t.Errorf("%q with authentication: %v", host, err)
		}
	}
}

func TestAuditRecordsChangesAndRefusals(t *testing.T) {
	t.Parallel()
	if got, want := auth.OutcomeOf(nil), auth.Done; got != want {
		t.Errorf("got %s", got)
	}
	for code, want := range map[model.Code]auth.Outcome{
		model.Forbidden: auth.Refused, model.Unauthenticated: auth.Refused, model.Conflict: auth.Failed, model.Internal: auth.Failed,
	} {
		if got := auth.OutcomeOf(model.Errorf(code, "x")); got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
	}
	var looks []auth.Action
	for _, a := range auth.Actions() {
		if !auth.Recorded(a, auth.Refused) {
			t.Errorf("%s is not recorded when refused", a)
		}
		if auth.Recorded(a, auth.Failed) != auth.Recorded(a, auth.Done) {
			t.Errorf("%s is recorded by how it ended", a)
		}
		if !auth.Recorded(a, auth.Done) {
			looks = append(looks, a)
		}
	}
	want := []auth.Action{
		auth.ArchiveGet, auth.AttemptGet, auth.AttemptList, auth.AuditList, auth.LetterList, auth.LogGet, auth.LogList, auth.ProcessList, auth.ProjectGet, auth.ProjectList, auth.QueueGet, auth.RecordList,
		auth.ScheduleGet, auth.ScheduleList, auth.SecretList, auth.SessionGet, auth.SessionList, auth.SignalSend, auth.SubscriptionList, auth.TaskList, auth.TokenList,
		auth.WorkflowGet, auth.WorkflowList,
	}
	if diff := cmp.Diff(want, looks); diff != "" {
		t.Errorf("not recorded: %s", diff)
	}
}

func TestEntriesAreKeptWhole(t *testing.T) {
	t.Parallel()
	e := auth.Entry{Time: 7, Principal: "ann", Action: auth.AttemptRun, Project: "p", Target: "attempt 1", Outcome: auth.Refused, Remote: "[::1]:80"}
	want := store.AuditEntry{Time: 7, Principal: "ann", Action: "attempt.run", Project: "p", Target: "attempt 1", Outcome: "refused", Remote: "[::1]:80"}
	if diff := cmp.Diff(want, e.Kept()); diff != "" {
		t.Error(diff)
	}
}

// Not every database takes every text, and some clients write much.
func TestWhatClientsWriteDoesNotKeepAnEntryFromBeingKept(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\x00b":                       "a?b",
		"\xff":                         "?",
		strings.Repeat("é", 500):       strings.Repeat("é", 500),
		"x" + strings.Repeat("é", 500): "x" + strings.Repeat("é", 499) + "...",
	} {
		e := auth.Entry{Principal: text, Project: text, Target: text}
		if diff := cmp.Diff(store.AuditEntry{Principal: want, Project: want, Target: want}, e.Kept()); diff != "" {
			t.Error(diff)
		}
	}
}
