package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
)

var valueTests = []test{
	{"values of every type are kept", func(f *fixture) {
		pairs := params.Of("null", nil, "bool", true, "int", 1<<60, "float", 1.0, "text", "é\x00",
			"list", []any{1, "a"}, "map", params.Of("k", "v"), "", "no name")
		f.set(pairs, now, now+second)
		f.same("values", f.get(now, slices.Collect(pairs.Keys())...), pairs)
	}},
	{"keys that do not exist are left out", func(f *fixture) {
		f.set(params.Of("a", 1), now, now+second)
		f.same("values", f.get(now, "b", "a", "c"), params.Of("a", 1))
		f.same("no keys", f.get(now), params.Map{})
	}},
	{"values are in the order of the keys", func(f *fixture) {
		f.set(params.Of("a", 1, "b", 2, "c", 3), now, now+second)
		got := slices.Collect(f.get(now, "c", "a", "b").Keys())
		f.same("keys", got, []string{"c", "a", "b"})
	}},
	{"a value can be changed", func(f *fixture) {
		f.set(params.Of("a", 1, "b", 2), now, now+second)
		f.set(params.Of("a", "new"), now, now+2*second)
		f.same("values", f.get(now, "a", "b"), params.Of("a", "new", "b", 2))
		f.same("later values", f.get(now+second, "a", "b"), params.Of("a", "new"))
	}},
	{"a value is gone when it expires", func(f *fixture) {
		f.set(params.Of("a", 1), now, now+second)
		f.same("just before", f.get(now+second-1, "a"), params.Of("a", 1))
		f.same("then", f.get(now+second, "a"), params.Map{})
	}},
	{"a write does not bring back or take away others", func(f *fixture) {
		f.set(params.Of("old", 1), now, now+second)
		f.set(params.Of("young", 2), now, now+9*second)
		f.set(params.Of("new", 3), now+second, now+9*second)
		f.same("values", f.get(now+second, "old", "young", "new"), params.Of("young", 2, "new", 3))
	}},
	{"many keys at once", func(f *fixture) {
		var pairs params.Map
		for i := range int64(1_000) {
			pairs = pairs.Set(fmt.Sprint("key", i), i)
		}
		f.set(pairs, now, now+second)
		f.same("values", f.get(now, slices.Collect(pairs.Keys())...), pairs)
	}},
}

func (f *fixture) set(pairs params.Map, at, expires model.Instant) {
	f.Helper()
	if err := f.store.SetValues(ctx, pairs, at, expires); err != nil {
		f.Fatalf("SetValues: %v", err)
	}
}

func (f *fixture) get(at model.Instant, keys ...string) params.Map {
	f.Helper()
	m, err := f.store.GetValues(ctx, keys, at)
	if err != nil {
		f.Fatalf("GetValues: %v", err)
	}
	return m
}

// calls returns a call of every method, each of which would succeed.
func (f *fixture) calls(ctx context.Context) map[string]func() error {
	epoch, ids := f.owned("a", 2)
	other := f.lease("b")
	f.scheduled(now, now)
	f.projects("doomed")
	f.putSecret(secretOf(1, "a"))
	f.putSecret(secretOf(1, "b"))
	f.putToken(token("a", 1))
	f.putToken(token("doomed", 3))
	start, starts := f.start("new"), []store.Start{f.start("newer")}
	push, firings, schedule := f.push("new", "r", "w"), []store.Firing{f.firing(1)}, f.schedule(2)
	posts := []store.Post{{Attempt: ids[1], Command: signal(1)}}
	s := f.store
	return map[string]func() error{
		"Push":          func() error { _, err := s.Push(ctx, push); return err },
		"Project":       func() error { _, err := s.Project(ctx, 1); return err },
		"ProjectNamed":  func() error { _, err := s.ProjectNamed(ctx, "p"); return err },
		"ListProjects":  func() error { _, _, err := s.ListProjects(ctx, store.ProjectFilter{}, store.Page{}); return err },
		"DeleteProject": func() error { _, err := s.DeleteProject(ctx, 2, now); return err },
		"Revision":      func() error { _, err := s.Revision(ctx, 1, "r"); return err },
		"ListRevisions": func() error { _, _, err := s.ListRevisions(ctx, 1, store.Page{}); return err },
		"ArchiveBytes":  func() error { _, err := s.ArchiveBytes(ctx, 1); return err },
		"Workflow":      func() error { _, err := s.Workflow(ctx, 1); return err },
		"WorkflowNamed": func() error { _, err := s.WorkflowNamed(ctx, 1, "w1"); return err },
		"ListWorkflows": func() error { _, _, err := s.ListWorkflows(ctx, store.WorkflowFilter{}, store.Page{}); return err },
		"Schedule":      func() error { _, err := s.Schedule(ctx, 1); return err },
		"ListSchedules": func() error { _, _, err := s.ListSchedules(ctx, store.ScheduleFilter{}, store.Page{}); return err },
		"DueSchedules":  func() error { _, _, err := s.DueSchedules(ctx, now, 1); return err },
		"Fire": func() error {
			fired, err := s.Fire(ctx, firings)
			for _, f := range fired {
				err = errors.Join(err, f.Err)
			}
			return err
		},
		"ChangeSchedule":  func() error { _, err := s.ChangeSchedule(ctx, schedule); return err },
		"StartAll":        func() error { _, err := s.StartAll(ctx, starts); return err },
		"Session":         func() error { _, err := s.Session(ctx, 1); return err },
		"FindSession":     func() error { _, err := s.FindSession(ctx, 1, "w", "a0"); return err },
		"LastSessionTime": func() error { _, err := s.LastSessionTime(ctx, 1, "w", now); return err },
		"ListSessions":    func() error { _, _, err := s.ListSessions(ctx, store.SessionFilter{}, store.Page{}); return err },
		"Post":            func() error { return s.Post(ctx, posts) },
		"Posted":          func() error { _, err := s.Posted(ctx, "a", epoch, 0, 1); return err },
		"StartAttempt":    func() error { _, _, err := s.StartAttempt(ctx, start); return err },
		"Attempt":         func() error { _, err := s.Attempt(ctx, ids[0]); return err },
		"ListAttempts":    func() error { _, _, err := s.ListAttempts(ctx, store.Filter{}, store.Page{}); return err },
		"Load":            func() error { _, err := s.Load(ctx, ids[0]); return err },
		"LoadAll":         func() error { _, err := s.LoadAll(ctx, ids); return err },
		"Due":             func() error { _, err := s.Due(ctx, 0); return err },
		"Commit":          func() error { return s.Commit(ctx, fullBatch(f, ids[0])) },
		"Events":          func() error { _, err := s.Events(ctx, ids[0], 0, 0); return err },
		"SetValues":       func() error { return s.SetValues(ctx, params.Of("a", 1), now, now+second) },
		"GetValues":       func() error { _, err := s.GetValues(ctx, []string{"a"}, now); return err },
		"Lease":           func() error { _, err := s.Lease(ctx, "c", 0, leaseFor); return err },
		"EndLease":        func() error { return s.EndLease(ctx, "a", epoch) },
		"Claim":           func() error { _, err := s.Claim(ctx, 0, "b", other, now, 1); return err },
		"PutSecret":       func() error { return s.PutSecret(ctx, secretOf(1, "new")) },
		"Secret":          func() error { _, err := s.Secret(ctx, secretOf(1, "a").Place); return err },
		"SecretKeys":      func() error { _, err := s.SecretKeys(ctx, 1, secret.OfProject); return err },
		"DeleteSecret":    func() error { return s.DeleteSecret(ctx, secretOf(1, "b").Place) },
		"SecretsAfter":    func() error { _, err := s.SecretsAfter(ctx, secret.Place{}, 1); return err },
		"SwapSecret":      func() error { _, err := s.SwapSecret(ctx, secretOf(1, "a"), "text of a"); return err },
		"PutToken":        func() error { return s.PutToken(ctx, token("new", 2)) },
		"Token":           func() error { _, err := s.Token(ctx, token("a", 1).Hash); return err },
		"ListTokens":      func() error { _, err := s.ListTokens(ctx); return err },
		"DeleteToken":     func() error { return s.DeleteToken(ctx, "doomed") },
		"TokenUsed":       func() error { return s.TokenUsed(ctx, token("a", 1).Hash, now) },
		"AppendAudit":     func() error { return s.AppendAudit(ctx, []store.AuditEntry{entryAt(1, now)}) },
		"ListAudit":       func() error { _, _, err := s.ListAudit(ctx, store.AuditFilter{}, store.Page{}); return err },
		"AppendTicks":     func() error { return s.AppendTicks(ctx, []store.Tick{tickAt(1, now)}) },
		"ListTicks":       func() error { _, _, err := s.ListTicks(ctx, store.TickFilter{}, store.Page{}); return err },
		"ListSensors":     func() error { _, _, err := s.ListSensors(ctx, store.SensorFilter{}, store.Page{}); return err },
		"DueSensors":      func() error { _, _, err := s.DueSensors(ctx, 0, now, 1); return err },
		"KnownRunKeys":    func() error { _, err := s.KnownRunKeys(ctx, 1, []string{"k"}); return err },
		"ListFacts":       func() error { _, _, err := s.ListFacts(ctx, store.FactFilter{}, store.Page{}); return err },
		"ListProducts": func() error {
			_, _, err := s.ListProducts(ctx, store.ProductFilter{Project: 1}, store.Page{})
			return err
		},
		"ListPartitions": func() error {
			_, _, err := s.ListPartitions(ctx, store.ProductFilter{Project: 1, Key: "x"}, store.Page{})
			return err
		},
		"Addresses":   func() error { _, err := s.Addresses(ctx, 1, []string{"v"}); return err },
		"Claims":      func() error { _, err := s.Claims(ctx, ids); return err },
		"AddOrphan":   func() error { _, err := s.AddOrphan(ctx, archiveAt("a"), now); return err },
		"Orphans":     func() error { _, err := s.Orphans(ctx, now, 0, 1); return err },
		"DropOrphans": func() error { return s.DropOrphans(ctx, []store.OrphanID{1}) },
		"Deliver": func() error {
			_, err := s.Deliver(ctx, store.Delivery{Messages: []store.Message{message(1, about("17"))}, Now: now})
			return err
		},
		"Offsets": func() error { _, err := s.Offsets(ctx, "kafka"); return err },
		"ListSubscriptions": func() error {
			_, _, err := s.ListSubscriptions(ctx, store.SubscriptionFilter{}, store.Page{})
			return err
		},
		"ListLetters":   func() error { _, _, err := s.ListLetters(ctx, store.LetterFilter{}, store.Page{}); return err },
		"Resend":        func() error { _, err := s.Resend(ctx, []store.LetterID{1}, store.Early{}, now); return err },
		"DropLetters":   func() error { return s.DropLetters(ctx, []store.LetterID{1}) },
		"ExpireLetters": func() error { _, err := s.ExpireLetters(ctx, now, 1); return err },
		"Outbox":        func() error { _, err := s.Outbox(ctx, 0, 1); return err },
		"Sent":          func() error { return s.Sent(ctx, []store.OutboxID{1}) },
		"Prune":         func() error { _, _, err := s.Prune(ctx, keepHour, now, store.Page{}); return err },
	}
}

var callTests = []test{
	{"a call with a cancelled context changes nothing", func(f *fixture) {
		cancelled, cancel := context.WithCancel(ctx)
		calls := f.calls(cancelled)
		before := f.load(1)
		cancel()
		for name, call := range calls {
			if err := call(); !errors.Is(err, context.Canceled) {
				f.Errorf("%s: error %v, want that the context is cancelled", name, err)
			}
		}
		f.same("attempt", f.load(1), before)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{2, 1})
		f.same("values", f.get(now, "a"), params.Map{})
		f.same("projects", len(walk(f, f.listProjects(store.ProjectFilter{}), store.Page{Limit: 9})), 2)
		f.same("versions", []int64{f.schedule(1).Version, f.schedule(2).Version}, []int64{1, 1})
		f.wantSecrets(secretOf(1, "a"), secretOf(1, "b"))
		f.wantTokens(token("a", 1), token("doomed", 3))
		wantPages(f, f.listAudit(store.AuditFilter{}), nil)
		wantPages(f, f.listTicks(store.TickFilter{}), nil)
		f.lease("c")
	}},
	{"a call after close fails", func(f *fixture) {
		calls := f.calls(ctx)
		if err := f.store.Close(); err != nil {
			f.Fatal(err)
		}
		for name, call := range calls {
			if call() == nil {
				f.Errorf("%s did not fail", name)
			}
		}
	}},
	{"all of these calls succeed otherwise", func(f *fixture) {
		for name, call := range f.calls(ctx) {
			if err := call(); err != nil {
				f.Errorf("%s: %v", name, err)
			}
		}
	}},
}
