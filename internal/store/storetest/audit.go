package storetest

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// entryAt returns the entry of an audit log that is to have an id.
func entryAt(id store.AuditID, at model.Instant) store.AuditEntry {
	return store.AuditEntry{
		ID: id, Time: at, Principal: "ann", Action: "attempt.run", Project: "p", Target: fmt.Sprintf("attempt %d", id),
		Outcome: "done", Remote: "[::1]:80",
	}
}

// audited writes entries, each alone.
func (f *fixture) audited(entries ...store.AuditEntry) {
	f.Helper()
	for i := range entries {
		if err := f.store.AppendAudit(ctx, entries[i:i+1]); err != nil {
			f.Fatalf("AppendAudit: %v", err)
		}
	}
}

func (f *fixture) listAudit(filter store.AuditFilter) listing[store.AuditEntry] {
	return func(page store.Page) ([]store.AuditEntry, string, error) { return f.store.ListAudit(ctx, filter, page) }
}

var auditTests = []test{
	{"entries are kept as they are and numbered", func(f *fixture) {
		full := entryAt(7, now)
		empty := store.AuditEntry{Time: now, Target: "é\n'"}
		if err := f.store.AppendAudit(ctx, []store.AuditEntry{full, empty}); err != nil {
			f.Fatal(err)
		}
		if err := f.store.AppendAudit(ctx, nil); err != nil {
			f.Fatal(err)
		}
		f.audited(full)
		full.ID, empty.ID = 1, 2
		third := full
		third.ID = 3
		wantPages(f, f.listAudit(store.AuditFilter{}), []store.AuditEntry{third, empty, full})
	}},
	{"the latest come first", func(f *fixture) {
		for id, at := range []model.Instant{now, now + 2, now + 1, now + 2, now} {
			f.audited(entryAt(store.AuditID(id+1), at))
		}
		wantPages(f, f.listAudit(store.AuditFilter{}), []store.AuditEntry{
			entryAt(4, now+2), entryAt(2, now+2), entryAt(3, now+1), entryAt(5, now), entryAt(1, now),
		})
	}},
	{"new entries do not move the next page", func(f *fixture) {
		var want []store.AuditEntry
		for id := range store.AuditID(5) {
			want = append(want, entryAt(id+1, now))
		}
		f.audited(want...)
		slices.Reverse(want)
		wantSteady(f, f.listAudit(store.AuditFilter{}), func() { f.audited(entryAt(6, now), entryAt(7, now+1)) },
			func() []store.AuditEntry { return want })
	}},
	{"an empty log has no next page", func(f *fixture) {
		wantPages(f, f.listAudit(store.AuditFilter{}), nil)
	}},
	{"filters select entries", testAuditFilters},
	{"entries that are written at the same time are all there", func(f *fixture) {
		for _, err := range f.atOnce(func(int) error {
			return f.store.AppendAudit(ctx, []store.AuditEntry{entryAt(0, now), entryAt(0, now)})
		}) {
			if err != nil {
				f.Error(err)
			}
		}
		var want []store.AuditID
		for id := store.AuditID(2 * many); id > 0; id-- {
			want = append(want, id)
		}
		list := walk(f, f.listAudit(store.AuditFilter{}), store.Page{Limit: 99})
		f.same("ids", ids(list, func(e store.AuditEntry) store.AuditID { return e.ID }), want)
	}},
}

// testAuditFilters makes entries that differ in one thing each and selects by
// every field of a filter, alone and with others.
func testAuditFilters(f *fixture) {
	var all []store.AuditEntry
	for _, change := range []func(*store.AuditEntry){
		func(*store.AuditEntry) {},
		func(e *store.AuditEntry) { e.Principal = "bob" },
		func(e *store.AuditEntry) { e.Principal = "" },
		func(e *store.AuditEntry) { e.Action = "project.put" },
		func(e *store.AuditEntry) { e.Project = "q" },
		func(e *store.AuditEntry) { e.Project = "" },
		func(e *store.AuditEntry) { e.Time = now - 1 },
		func(e *store.AuditEntry) { e.Time = now + 1 },
		func(e *store.AuditEntry) { e.Outcome = "refused" },
	} {
		e := entryAt(store.AuditID(len(all)+1), now)
		change(&e)
		all = append(all, e)
	}
	f.audited(all...)
	slices.SortStableFunc(all, func(a, b store.AuditEntry) int {
		return store.Mark{Time: b.Time, ID: int64(b.ID)}.Compare(store.Mark{Time: a.Time, ID: int64(a.ID)})
	})
	for _, filter := range []store.AuditFilter{
		{},
		{Principal: "ann"}, {Principal: "bob"}, {Principal: "Ann"},
		{Action: "attempt.run"}, {Action: "project.put"}, {Action: "attempt"},
		{Project: "p"}, {Project: "q"}, {Project: "q", Principal: "bob"},
		{From: now}, {From: now + 1}, {From: now + 2}, {Until: now}, {Until: now + 1}, {Until: now - 1},
		{From: now, Until: now + 1}, {From: now, Until: now},
		{Principal: "ann", Action: "attempt.run", Project: "p", From: now, Until: now + 1},
	} {
		var want []store.AuditEntry
		for _, e := range all {
			if filter.Matches(&e) {
				want = append(want, e)
			}
		}
		f.same(fmt.Sprintf("%+v", filter), walk(f, f.listAudit(filter), store.Page{Limit: 2}), want)
	}
}
