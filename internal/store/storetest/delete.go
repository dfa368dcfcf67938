package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

var deleteTests = []test{
	{"what is deleted goes with all that it had", func(f *fixture) {
		made := f.make(f.start("k"))
		other := f.make(f.start("other"))
		f.commit(fullBatch(f, made.ID))
		f.commit(fullBatch(f, other.ID))
		f.same("deleted", f.delete(made.ID), store.Pruned{Attempts: []model.AttemptID{made.ID}, Sessions: []model.SessionID{made.Session.ID}})
		f.wantGone(made.ID, made.Session.ID)
		f.wantFull(other, f.start("other").Definition)
		if again := f.make(f.start("k")); again.ID != 3 || again.Session.ID != 3 || again.Index != 1 {
			f.Errorf("the next is attempt %d of session %d with index %d", again.ID, again.Session.ID, again.Index)
		}
	}},
	{"the newest attempt that is left is the last of its session", func(f *fixture) {
		var list []store.Attempt
		for _, name := range []string{"", "b", "c", "d"} {
			list = append(list, f.make(f.named("k", name)))
			f.endAt(list[len(list)-1].ID, now)
		}
		session := list[0].Session.ID
		f.same("deleted", f.delete(list[3].ID, list[1].ID, list[3].ID), store.Pruned{Attempts: []model.AttemptID{list[1].ID, list[3].ID}})
		if last := f.session(session).Last.ID; last != list[2].ID {
			f.Errorf("the last is %d", last)
		}
		f.same("last", f.list(store.Filter{Last: true}, 9), []model.AttemptID{list[2].ID})
		if next := f.make(f.named("k", "d")); next.Index != 5 {
			f.Errorf("the next has index %d", next.Index)
		}
		f.endAt(5, now+second)
		f.same("the rest", f.delete(5, list[0].ID, list[2].ID), store.Pruned{
			Attempts: []model.AttemptID{list[0].ID, list[2].ID, 5}, Sessions: []model.SessionID{session},
		})
		f.wantGone(list[0].ID, session)
	}},
	{"what is needed is not deleted, nor anything with it", func(f *fixture) {
		ids := f.attempts(7)
		running, resumed, sends, followed, free := ids[0], ids[1], ids[2], ids[3], ids[4]
		resume := f.start("resume")
		resume.Resume = store.Resume{Attempt: resumed}
		resuming := f.make(resume).ID
		following := f.make(f.after("after", f.attempt(followed).Session.ID)).ID
		f.commit(&store.Batch{Records: []engine.Record{{Attempt: sends, Topic: "t", Value: "v", At: now}}})
		for _, id := range ids[1:] {
			f.endAt(id, now)
		}
		for what, id := range map[string]model.AttemptID{"running": running, "resumed": resumed, "sends": sends, "followed": followed} {
			_, err := f.store.DeleteAttempts(ctx, []model.AttemptID{free, id}, 0)
			f.wantCode(what, err, model.Conflict)
		}
		_, err := f.store.DeleteAttempts(ctx, []model.AttemptID{free, 99}, 0)
		f.wantCode("missing", err, model.NotFound)
		f.same("nothing", f.delete(), store.Pruned{})
		if n := len(f.list(store.Filter{}, 9)); n != 9 {
			f.Errorf("%d are left", n)
		}
		for _, id := range []model.AttemptID{running, resuming, following} {
			f.endAt(id, now)
		}
		f.sent(f.outbox(0, 9)[0].ID)
		f.delete(running, resumed, sends, followed, free)
		f.same("left", fmt.Sprint(f.list(store.Filter{}, 9)), fmt.Sprint([]model.AttemptID{following, resuming, ids[6], ids[5]}))
	}},
}

func (f *fixture) delete(ids ...model.AttemptID) store.Pruned {
	f.Helper()
	p, err := f.store.DeleteAttempts(ctx, ids, 0)
	if err != nil {
		f.Fatalf("DeleteAttempts(%v): %v", ids, err)
	}
	return p
}
