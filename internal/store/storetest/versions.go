package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// made says that an attempt has made what is of a version.
func made(id model.AttemptID, version string, at model.Instant) engine.Versioned {
	return engine.Versioned{
		Attempt: id, Task: 2, Name: "+w+a", Version: version, At: at,
		Gave: engine.Detail{Store: params.Of("by", int64(id)), Export: params.Of("é", "x"), Reset: []string{"r"}, Outputs: []string{"o"}},
	}
}

// usedBy says that an attempt has taken over what is of a version.
func usedBy(id model.AttemptID, version string, at model.Instant) engine.Versioned {
	return engine.Versioned{Attempt: id, Task: 3, Name: "+w+b", Version: version, At: at, Replayed: true}
}

func (f *fixture) version(list ...engine.Versioned) {
	f.Helper()
	f.commit(&store.Batch{Versions: list})
}

// wantAddresses checks which attempt made which version, as "attempt made used".
func (f *fixture) wantAddresses(what string, project model.ProjectID, want map[string]string) {
	f.Helper()
	all, err := f.store.Addresses(ctx, project, []string{"v1", "v2", "v3", "none", ""})
	if err != nil {
		f.Fatalf("Addresses: %v", err)
	}
	got := make(map[string]string)
	for v, a := range all {
		got[v] = fmt.Sprint(a.Attempt, int64(a.Made-now), int64(a.Used-now))
	}
	f.same(what, got, want)
}

var versionTests = []test{
	{"what was made is found with all that it gave", func(f *fixture) {
		ids := f.attempts(1)
		f.wantAddresses("before", 1, map[string]string{})
		v := made(ids[0], "v1", now)
		f.version(v)
		all, err := f.store.Addresses(ctx, 1, []string{"v1"})
		if err != nil {
			f.Fatal(err)
		}
		f.same("address", all["v1"], store.Address{
			Attempt: ids[0], Task: 2, Name: "+w+a", Workflow: "w", Made: now, Used: now, Gave: v.Gave,
		})
		none, err := f.store.Addresses(ctx, 1, nil)
		if err != nil || len(none) != 0 {
			f.Fatalf("of nothing: %v, %v", none, err)
		}
	}},
	{"the newest counts, whatever comes later", func(f *fixture) {
		ids := f.attempts(3)
		f.version(made(ids[1], "v1", now+5), made(ids[0], "v2", now))
		f.version(made(ids[0], "v1", now+4), made(ids[2], "v2", now))
		f.wantAddresses("addresses", 1, map[string]string{
			"v1": fmt.Sprint(ids[1], 5, 5), "v2": fmt.Sprint(ids[2], 0, 0),
		})
		f.version(made(ids[0], "v3", now), made(ids[1], "v3", now+1))
		f.version(made(ids[0], "v3", now), made(ids[1], "v3", now+1))
		f.wantAddresses("repeated", 1, map[string]string{
			"v1": fmt.Sprint(ids[1], 5, 5), "v2": fmt.Sprint(ids[2], 0, 0), "v3": fmt.Sprint(ids[1], 1, 1),
		})
	}},
	{"what is taken over is used, and stays where it is", func(f *fixture) {
		ids := f.attempts(3)
		f.version(usedBy(ids[1], "v1", now))
		f.wantAddresses("nobody has made it", 1, map[string]string{})
		f.version(made(ids[0], "v1", now), usedBy(ids[1], "v1", now+7))
		f.version(usedBy(ids[2], "v1", now+6))
		f.wantAddresses("used", 1, map[string]string{"v1": fmt.Sprint(ids[0], 0, 7)})
		f.version(made(ids[2], "v1", now+1))
		f.wantAddresses("made again", 1, map[string]string{"v1": fmt.Sprint(ids[2], 1, 7)})
	}},
	{"each project has its own", func(f *fixture) {
		ids := f.attempts(1)
		other := f.start("k")
		other.Session.Project = 2
		of := f.make(other)
		f.version(made(ids[0], "v1", now))
		f.version(usedBy(of.ID, "v1", now+9), made(of.ID, "v2", now))
		f.wantAddresses("of one", 1, map[string]string{"v1": fmt.Sprint(ids[0], 0, 0)})
		f.wantAddresses("of another", 2, map[string]string{"v2": fmt.Sprint(of.ID, 0, 0)})
	}},
	{"a commit that fails notes nothing", func(f *fixture) {
		_, ids := f.owned("o", 1)
		err := f.store.Commit(ctx, &store.Batch{Owner: "p", Epoch: 99, Versions: []engine.Versioned{made(ids[0], "v1", now)}})
		f.wantCode("Commit of another", err, model.Conflict)
		err = f.store.Commit(ctx, &store.Batch{Versions: []engine.Versioned{made(ids[0], "v2", now), made(ids[0]+99, "v3", now)}})
		f.wantCode("Commit of nobody", err, model.NotFound)
		f.wantAddresses("addresses", 1, map[string]string{})
	}},
	{"an address goes with its attempt, and not with others", func(f *fixture) {
		ids := f.attempts(3)
		f.version(made(ids[0], "v1", now), made(ids[1], "v2", now), usedBy(ids[2], "v2", now))
		for _, id := range ids {
			f.endAt(id, now)
		}
		if _, err := f.store.DeleteAttempts(ctx, []model.AttemptID{ids[0], ids[2]}, 0); err != nil {
			f.Fatal(err)
		}
		f.wantAddresses("addresses", 1, map[string]string{"v2": fmt.Sprint(ids[1], 0, 0)})
	}},
	{"what is used since an instant is deleted by those alone who do not ask", func(f *fixture) {
		ids := f.attempts(3)
		f.version(made(ids[0], "v1", old), made(ids[1], "v2", old))
		for _, id := range ids {
			f.endAt(id, old)
		}
		if _, err := f.store.UseVersion(ctx, 1, "v1", now); err != nil {
			f.Fatal(err)
		}
		remove := func(since model.Instant, ids ...model.AttemptID) error {
			_, err := f.store.DeleteAttempts(ctx, ids, since)
			return err
		}
		f.wantCode("one in use", remove(now, ids[0]), model.Conflict)
		f.wantCode("one in use beside others", remove(now, ids[2], ids[0], ids[1]), model.Conflict)
		must(f, remove(now, ids[1], ids[2]))
		f.same("left", f.list(store.Filter{}, 9), []model.AttemptID{ids[0]})
		must(f, remove(now+1, ids[0]))
		again := f.make(f.start("again")).ID
		f.version(made(again, "v1", now))
		f.endAt(again, now)
		must(f, remove(0, again))
		f.wantAddresses("addresses", 1, map[string]string{})
	}},
	{"an attempt stays while what it made is used", func(f *fixture) {
		ids := f.attempts(4)
		f.version(
			made(ids[0], "v1", old), made(ids[1], "v2", old), usedBy(ids[3], "v2", now-second),
			made(ids[2], "v3", old-second), made(ids[3], "v3", old),
		)
		for _, id := range ids {
			f.endAt(id, old)
		}
		keep := store.Retention{Attempts: time.Hour, Versions: time.Hour}
		f.same("pruned", f.prune(keep, 9).Attempts, []model.AttemptID{ids[0], ids[2], ids[3]})
		f.wantAddresses("left", 1, map[string]string{"v2": fmt.Sprint(ids[1], int64(old-now), -int64(second))})
		f.same("without a retention", f.prune(keepHour, 9).Attempts, []model.AttemptID(nil))
		p, _, err := f.store.Prune(ctx, keepHour, now+2*hour, store.Page{})
		must(f, err)
		f.same("when it is in use no more", p.Attempts, []model.AttemptID{ids[1]})
		f.wantAddresses("at last", 1, map[string]string{})
	}},
	{"what is about to be taken over stays", func(f *fixture) {
		ids := f.attempts(2)
		f.version(made(ids[0], "v1", old), made(ids[1], "v2", old), made(ids[1], "v3", now-hour))
		for _, id := range ids {
			f.endAt(id, old)
		}
		use := func(project model.ProjectID, version string, at model.Instant, want bool) {
			f.Helper()
			found, err := f.store.UseVersion(ctx, project, version, at)
			if err != nil || found != want {
				f.Errorf("version %s of project %d: %v, %v", version, project, found, err)
			}
		}
		use(1, "v1", now, true)
		use(1, "v1", now-second, true)
		use(2, "v1", now, false)
		use(1, "none", now, false)
		f.wantAddresses("used", 1, map[string]string{
			"v1": fmt.Sprint(ids[0], int64(old-now), 0), "v2": fmt.Sprint(ids[1], int64(old-now), int64(old-now)), "v3": fmt.Sprint(ids[1], -hour, -hour),
		})
		for since, want := range map[model.Instant][]model.AttemptID{now: ids[:1], now - hour: ids, now + 1: nil} {
			got, err := f.store.UsedSince(ctx, append(slices.Clone(ids), 99), since)
			must(f, err)
			slices.Sort(got)
			f.same(fmt.Sprint("used since ", since), got, want)
		}
		p, _, err := f.store.Prune(ctx, keepHour, now+1, store.Page{})
		must(f, err)
		f.same("pruned", p.Attempts, ids[1:])
		use(1, "v2", now+1, false)
	}},
	{"what is taken over while attempts are pruned is there, or is known to be gone", func(f *fixture) {
		ids := f.attempts(2 * many)
		for i, id := range ids {
			f.version(made(id, fmt.Sprint("v", i), old))
			f.endAt(id, old)
		}
		used := make([]bool, len(ids))
		for _, err := range f.atOnce(func(i int) error {
			if i%2 == 0 {
				_, _, err := f.store.Prune(ctx, keepHour, now, store.Page{Limit: 2})
				return err
			}
			for n := i; n < len(ids); n += many {
				var err error
				if used[n], err = f.store.UseVersion(ctx, 1, fmt.Sprint("v", n), now); err != nil {
					return err
				}
			}
			return nil
		}) {
			must(f, err)
		}
		f.prune(keepHour, 9)
		for n, id := range ids {
			all, err := f.store.Addresses(ctx, 1, []string{fmt.Sprint("v", n)})
			must(f, err)
			if at, found := all[fmt.Sprint("v", n)]; found != used[n] || found && at.Attempt != id {
				f.Errorf("version %d is used: %v, and is there: %v", n, used[n], found)
			}
		}
	}},
}
