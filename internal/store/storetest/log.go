package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// happening is an event as tests tell it from others.
type happening struct {
	attempt model.AttemptID
	seq     int64
}

func (f *fixture) readLog(q store.LogQuery) store.LogPage {
	f.Helper()
	page, err := f.store.ReadLog(ctx, q)
	if err != nil {
		f.Fatalf("ReadLog(%+v): %v", q, err)
	}
	return page
}

// log reads what is in the log after a cursor, page by page, and returns the cursor
// to go on with.
func (f *fixture) log(q store.LogQuery) (list []happening, next string) {
	f.Helper()
	for {
		page := f.readLog(q)
		for _, e := range page.Entries {
			for _, event := range e.Events {
				list = append(list, happening{event.Attempt, event.Seq})
			}
		}
		if q.After = page.Next; !page.More {
			return list, q.After
		}
	}
}

func (f *fixture) wantLog(what string, q store.LogQuery, want ...happening) (next string) {
	f.Helper()
	got, next := f.log(q)
	if !slices.Equal(got, want) {
		f.Errorf("%s: the log has %v, want %v", what, got, want)
	}
	return next
}

// happens commits events of attempts, one of each.
func (f *fixture) happens(list ...happening) {
	f.Helper()
	var b store.Batch
	for _, h := range list {
		b.Events = append(b.Events, event(h.attempt, h.seq))
	}
	f.commit(&b)
}

// wantForgotten reads on with a cursor after which something is missing, and returns
// the one to go on with.
func (f *fixture) wantForgotten(what, cursor string) string {
	f.Helper()
	_, err := f.store.ReadLog(ctx, store.LogQuery{After: cursor})
	f.wantCode(what, err, model.Gone)
	var gone *store.Forgotten
	if !errors.As(err, &gone) {
		f.Fatalf("%s: %v does not say where to go on", what, err)
	}
	return gone.Cursor
}

var logTests = []test{
	{"events of all attempts are in the order of their commits", func(f *fixture) {
		ids := f.attempts(3)
		next := f.wantLog("nothing", store.LogQuery{})
		a, b, c := ids[2], ids[0], ids[1]
		all := []happening{{a, 1}, {b, 1}, {a, 2}, {c, 1}, {b, 2}, {b, 3}, {a, 3}}
		f.happens(all[0])
		f.happens(all[1])
		f.happens(all[2])
		f.happens(all[3])
		f.happens(all[4], all[5])
		f.happens(all[6])
		for limit := 1; limit < 9; limit++ {
			f.wantLog("from the beginning", store.LogQuery{Limit: limit}, all...)
			f.wantLog("from when there was nothing", store.LogQuery{After: next, Limit: limit}, all...)
		}
		for i, cursor := range f.cursors() {
			f.wantLog(fmt.Sprint("after ", all[i]), store.LogQuery{After: cursor}, all[i+1:]...)
		}
	}},
	{"an entry says what it is about", func(f *fixture) {
		s := f.start("k")
		s.Name = "again"
		made := f.make(s)
		f.happens(happening{made.ID, 1})
		e := f.readLog(store.LogQuery{}).Entries[0]
		f.same("session", e.Session, made.Session)
		f.same("events", e.Events, []engine.Event{event(made.ID, 1)})
		if e.Name != "again" || e.Index != 1 || e.Attempt != made.ID {
			f.Errorf("it is of attempt %d, %q, with index %d", e.Attempt, e.Name, e.Index)
		}
	}},
	{"who read everything sees what comes later", func(f *fixture) {
		id := f.attempts(1)[0]
		f.happens(happening{id, 1})
		next := f.wantLog("first", store.LogQuery{}, happening{id, 1})
		next = f.wantLog("nothing new", store.LogQuery{After: next})
		f.happens(happening{id, 2})
		f.wantLog("second", store.LogQuery{After: next}, happening{id, 2})
	}},
	{"what does not match is passed over", func(f *fixture) {
		ids := f.attempts(2)
		other := f.start("other")
		other.Session.Project, other.Session.Workflow = 2, "v"
		foreign := f.make(other).ID
		for seq := range int64(3) {
			f.happens(happening{ids[0], seq + 1}, happening{ids[1], seq + 1}, happening{foreign, seq + 1})
		}
		first := []happening{{ids[0], 1}, {ids[0], 2}, {ids[0], 3}}
		theirs := []happening{{foreign, 1}, {foreign, 2}, {foreign, 3}}
		for limit := 1; limit < 6; limit++ {
			f.wantLog("attempt", store.LogQuery{Limit: limit, Attempt: ids[0]}, first...)
			f.wantLog("project", store.LogQuery{Limit: limit, Projects: []model.ProjectID{2, 7}}, theirs...)
			f.wantLog("workflow", store.LogQuery{Limit: limit, Workflow: "v"}, theirs...)
			f.wantLog("no project", store.LogQuery{Limit: limit, Projects: []model.ProjectID{}})
			f.wantLog("both", store.LogQuery{Limit: limit, Projects: []model.ProjectID{1}, Workflow: "v"})
		}
	}},
	{"an event that is written again is there once", func(f *fixture) {
		ids := f.attempts(2)
		f.happens(happening{ids[0], 1}, happening{ids[0], 2})
		next := f.wantLog("before", store.LogQuery{}, happening{ids[0], 1}, happening{ids[0], 2})
		f.happens(happening{ids[0], 1}, happening{ids[0], 2}, happening{ids[0], 3}, happening{ids[1], 1})
		f.wantLog("what is new", store.LogQuery{After: next}, happening{ids[0], 3}, happening{ids[1], 1})
	}},
	{"a page ends with the commit that fills it", func(f *fixture) {
		ids := f.attempts(2)
		var b store.Batch
		for seq := range int64(1_500) {
			b.Events = append(b.Events, event(ids[0], seq+1))
		}
		f.commit(&b)
		f.happens(happening{ids[1], 1})
		list, _ := f.log(store.LogQuery{Limit: store.MaxLimit})
		if len(list) != 1_501 || list[1_500] != (happening{ids[1], 1}) {
			f.Errorf("there are %d events, the last one %v", len(list), list[len(list)-1])
		}
		if n := len(f.readLog(store.LogQuery{Limit: store.MaxLimit}).Entries); n > store.MaxLimit {
			f.Errorf("a page has %d entries", n)
		}
	}},
	{"who may have missed what was deleted is told", func(f *fixture) {
		ids := f.attempts(3)
		begun := f.wantLog("nothing", store.LogQuery{})
		f.happens(happening{ids[0], 1})
		first := f.wantLog("first", store.LogQuery{}, happening{ids[0], 1})
		f.happens(happening{ids[1], 1})
		second := f.readLog(store.LogQuery{After: first}).Next
		f.happens(happening{ids[2], 1})
		f.endAt(ids[1], now)
		f.delete(ids[1])
		f.wantLog("the rest", store.LogQuery{}, happening{ids[0], 1}, happening{ids[2], 1})
		f.wantLog("what came after it", store.LogQuery{After: second}, happening{ids[2], 1})
		f.wantLog("what is left after the first", store.LogQuery{After: f.wantForgotten("first", first)}, happening{ids[2], 1})
		f.wantLog("what is left", store.LogQuery{After: f.wantForgotten("begun", begun)}, happening{ids[0], 1}, happening{ids[2], 1})
	}},
	{"nothing takes the place of the newest that was deleted", func(f *fixture) {
		ids := f.attempts(3)
		for _, id := range ids {
			f.happens(happening{id, 1})
		}
		next := f.wantLog("all", store.LogQuery{}, happening{ids[0], 1}, happening{ids[1], 1}, happening{ids[2], 1})
		for _, id := range ids[1:] {
			f.endAt(id, now)
			f.delete(id)
		}
		f.happens(happening{ids[0], 2})
		f.wantLog("what came later", store.LogQuery{After: next}, happening{ids[0], 2})
	}},
	{"a cursor of another log is told", func(f *fixture) {
		f.happens(happening{f.attempts(1)[0], 1})
		beyond := store.Place{Number: 1 << 60, Attempt: 1, Seq: 1}.Cursor()
		next := f.wantForgotten("beyond the end", beyond)
		f.wantLog("from the beginning", store.LogQuery{After: next}, happening{1, 1})
	}},
	{"the log is read from an instant on", func(f *fixture) {
		id := f.attempts(1)[0]
		from := func(at model.Instant) string {
			cursor, err := f.store.SeekLog(ctx, at)
			if err != nil {
				f.Fatal(err)
			}
			return cursor
		}
		f.wantLog("of nothing", store.LogQuery{After: from(now)})
		var all []happening
		for seq := range int64(20) {
			all = append(all, happening{id, seq + 1}) // which happens at now + seq + 1
			f.happens(all[seq])
		}
		for i := range all {
			f.wantLog(fmt.Sprint("from ", i), store.LogQuery{After: from(now + model.Instant(i+1))}, all[i:]...)
		}
		f.wantLog("from the beginning", store.LogQuery{After: from(0)}, all...)
		f.wantLog("later than all", store.LogQuery{After: from(now + second)})
		end := from(model.Never)
		f.wantLog("from the end", store.LogQuery{After: end})
		f.happens(happening{id, 21})
		f.wantLog("from what was the end", store.LogQuery{After: end}, happening{id, 21})
	}},
	{"what many commit at once is passed over by nobody", func(f *fixture) {
		const each = 15
		ids := f.attempts(many)
		done := make(chan []error, 1)
		go func() {
			done <- f.atOnce(func(i int) error {
				var err error
				for seq := int64(1); seq <= each && err == nil; seq++ {
					err = f.store.Commit(ctx, &store.Batch{Events: []engine.Event{event(ids[i], seq)}})
				}
				return err
			})
		}()
		seen := make(map[model.AttemptID]int64)
		for next, total := "", 0; total < many*each; {
			list, after := f.log(store.LogQuery{After: next, Limit: 7})
			for _, h := range list {
				if seen[h.attempt]++; seen[h.attempt] != h.seq {
					f.Fatalf("event %d of attempt %d comes as number %d", h.seq, h.attempt, seen[h.attempt])
				}
			}
			next, total = after, total+len(list)
			select {
			case errs := <-done:
				if err := errors.Join(errs...); err != nil {
					f.Fatal(err)
				}
				rest, _ := f.log(store.LogQuery{After: next})
				if total+len(rest) != many*each {
					f.Fatalf("there are %d events, want %d", total+len(rest), many*each)
				}
				return
			default:
			}
		}
	}},
	{"what can't be read is refused", func(f *fixture) {
		for _, q := range []store.LogQuery{{After: "x"}, {After: "1.2.3"}, {After: "1.2.3.!"}, {Limit: -1}, {Limit: store.MaxLimit + 1}} {
			_, err := f.store.ReadLog(ctx, q)
			f.wantCode(fmt.Sprintf("%+v", q), err, model.Invalid)
		}
	}},
}

// cursors returns those of all events in the log, in order.
func (f *fixture) cursors() (list []string) {
	for q := (store.LogQuery{}); ; {
		page := f.readLog(q)
		for _, e := range page.Entries {
			for _, event := range e.Events {
				list = append(list, e.CursorAt(event.Seq))
			}
		}
		if q.After = page.Next; !page.More {
			return list
		}
	}
}
