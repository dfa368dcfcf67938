package storetest

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

var durableTests = []struct {
	name string
	run  func(t *testing.T, open func() *fixture)
}{
	{"an attempt is kept whole", func(t *testing.T, open func() *fixture) {
		f := open()
		s := f.start("k")
		made := f.make(s)
		f.commit(fullBatch(f, made.ID))
		f.close()
		f = open()
		f.wantFull(made, s.Definition)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{made.ID})
		f.close()
	}},
	{"projects are kept", func(t *testing.T, open func() *fixture) {
		f := open()
		f.pushed(f.push("p", "r1", "w", "v"))
		want := f.pushed(f.push("p", "r2", "w"))
		f.projects("gone")
		f.deleteProject(2)
		gone, workflow := f.project(2), f.workflow(3)
		f.close()
		f = open()
		f.wantProject(want)
		f.same("deleted project", f.project(2), gone)
		f.same("archive", f.archive(1), []byte("archive of r1"))
		f.same("workflow", f.workflow(3), workflow)
		f.same("workflows", ids(f.workflows(store.WorkflowFilter{}), workflowID), []model.WorkflowID{3})
		p := f.pushed(f.push("gone", "r", "w"))
		f.same("next ids", []int64{int64(p.ID), int64(p.Latest.ID), int64(f.workflowNamed(p.Latest.ID, "w").ID)}, []int64{3, 4, 5})
		f.close()
	}},
	{"schedules are kept", func(t *testing.T, open func() *fixture) {
		f := open()
		f.scheduled(now+second, now, now+2*second)
		f.disable(1)
		f.fire(f.firing(2))
		want := f.schedules(1, 2, 3)
		f.close()
		f = open()
		f.same("schedules", f.schedules(1, 2, 3), want)
		f.wantDue(now+2*second, 9, now+60*second, 3)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{1})
		f.pushed(f.scheduledPush("q", "r", "w"))
		f.same("next id", f.schedule(4).WorkflowName, "w")
		f.close()
	}},
	{"ids of what was deleted are not given again", func(t *testing.T, open func() *fixture) {
		f := open()
		f.scheduled(now, now)
		f.pushed(f.push("p", "r2"))
		epoch, to := f.owned("a", 1)
		f.post(1, to[0], to[0])
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Consumed: []store.PostID{1, 2}})
		f.close()
		f = open()
		f.pushed(f.scheduledPush("p", "r3", "w"))
		f.same("schedule", f.schedule(3).WorkflowName, "w")
		f.post(3, to[0])
		f.same("post", ids(f.load(to[0]).Inbox, postID), []store.PostID{3})
		f.close()
	}},
	{"what was posted is kept", func(t *testing.T, open func() *fixture) {
		f := open()
		_, to := f.owned("a", 1)
		f.post(1, to[0], to[0])
		want := f.load(to[0]).Inbox
		f.close()
		f = open()
		f.wantPosts("inbox", f.load(to[0]).Inbox, 1, 2)
		f.same("posts", f.load(to[0]).Inbox, want)
		f.pass(leaseFor)
		b := f.lease("b")
		f.claim("b", b, now, 9)
		f.post(3, to[0])
		f.wantPosts("posted", f.posted("b", b, 9), 3)
		f.wantPosts("inbox", f.load(to[0]).Inbox, 1, 2, 3)
		f.close()
	}},
	{"what is known of messages is kept", func(t *testing.T, open func() *fixture) {
		f := open()
		to17 := f.attempts(1)[0]
		f.listen(listening(to17, 2, now, to("17")))
		f.delivery(store.Delivery{
			Feeder: "kafka", Offsets: []store.Offset{offset(0, 0, 5)}, Now: now,
			Messages: []store.Message{known(1, about("17")), message(2, about("18")), {Topic: topic, Source: "x", Unreadable: "why", Raw: []byte("\xff")}},
		})
		f.commit(&store.Batch{Records: []engine.Record{outgoing(to17, 0)}, Buried: []engine.Buried{buried(to17, 2, 3, now)}})
		kept := [][]store.Letter{
			walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 9}), walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9}),
		}
		f.close()
		f = open()
		f.wantGot(to17, got{2, 1})
		f.wantOffsets("kafka", offset(0, 0, 5))
		f.wantOutbox(outgoing(to17, 0))
		f.same("early messages", walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 9}), kept[0])
		f.same("dead letters", walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9}), kept[1])
		f.same("outcomes", f.deliver(known(1, about("17")), message(4, about("17")), message(5, about("18"))), []store.Delivered{duplicate, taken(1), early})
		f.listen(listening(to17, 3, now, to("18")))
		f.wantGot(to17, got{2, 1}, got{2, 4}, got{3, 2}, got{3, 5})
		f.close()
	}},
	{"what sleeps and what is held back goes on so", func(t *testing.T, open func() *fixture) {
		f := open()
		epoch, _ := f.sleeping(now+30*second, model.Never)
		f.startAll(f.start("first"), f.after("second", 3))
		f.endLease("a", epoch)
		f.close()
		f = open()
		b := f.lease("b")
		f.same("claimed", f.claim("b", b, now+20*second, 9), []model.AttemptID{3})
		f.end(3)
		f.same("then", f.claim("b", b, now+20*second, 9), []model.AttemptID{4})
		f.same("later", f.claim("b", b, now+30*second, 9), []model.AttemptID{1})
		f.same("session", f.session(4).Last, f.attempt(4))
		f.close()
	}},
	{"values are kept", func(t *testing.T, open func() *fixture) {
		f := open()
		f.set(params.Of("a", 1, "b", "two"), now, now+second)
		f.close()
		f = open()
		f.same("values", f.get(now, "a", "b"), params.Of("a", 1, "b", "two"))
		f.same("later", f.get(now+second, "a", "b"), params.Map{})
		f.close()
	}},
	{"secrets, tokens, ticks and the audit log are kept", func(t *testing.T, open func() *fixture) {
		f := open()
		f.projects("p")
		f.putSecret(secretOf(1, "a"))
		f.putToken(token("a", 1))
		f.audited(entryAt(1, now))
		f.ticked(tickAt(1, now))
		f.close()
		f = open()
		f.wantSecrets(secretOf(1, "a"))
		f.wantTokens(token("a", 1))
		f.audited(entryAt(2, now))
		wantPages(f, f.listAudit(store.AuditFilter{}), []store.AuditEntry{entryAt(2, now), entryAt(1, now)})
		f.ticked(tickAt(2, now))
		wantPages(f, f.listTicks(store.TickFilter{}), []store.Tick{tickAt(2, now), tickAt(1, now)})
		f.close()
	}},
	{"what was pruned stays gone, and its ids too", func(t *testing.T, open func() *fixture) {
		f := open()
		f.endedAt(f.start("k"), old)
		f.projects("p")
		f.deletedAt(1, old)
		f.audited(entryAt(1, old))
		f.prune(store.Retention{Attempts: time.Hour, Projects: time.Hour, Audit: time.Hour}, 9)
		f.close()
		f = open()
		f.wantGone(1, 1)
		a := f.make(f.start("k"))
		p := f.pushed(f.push("p", "r", "w"))
		f.audited(entryAt(2, now))
		f.same("next ids", []int64{int64(a.ID), int64(a.Session.ID), int64(p.ID), int64(p.Latest.ID)}, []int64{2, 2, 2, 2})
		wantPages(f, f.listAudit(store.AuditFilter{}), []store.AuditEntry{entryAt(2, now)})
		f.close()
	}},
	{"ids and epochs go on", func(t *testing.T, open func() *fixture) {
		f := open()
		epoch, ids := f.owned("a", 2)
		f.close()
		f = open()
		f.pass(leaseFor)
		again := f.lease("a")
		if again <= epoch {
			f.Errorf("epoch %d after %d", again, epoch)
		}
		if a := f.make(f.start("new")); a.ID <= ids[1] || a.Session.ID <= 2 {
			f.Errorf("attempt %d of session %d after attempt %d of session 2", a.ID, a.Session.ID, ids[1])
		}
		f.close()
	}},
	{"an owner's attempts can be taken over", func(t *testing.T, open func() *fixture) {
		f := open()
		_, ids := f.owned("a", 2)
		f.close()
		f = open()
		f.pass(leaseFor)
		f.same("claimed", f.claim("b", f.lease("b"), now, 9), ids)
		f.close()
	}},
	{"a start that exists is found", func(t *testing.T, open func() *fixture) {
		f := open()
		first := f.make(f.start("k"))
		f.close()
		f = open()
		got, made, err := f.store.StartAttempt(ctx, f.start("k"))
		if made || err != nil {
			t.Fatalf("made %v, error %v", made, err)
		}
		f.same("existing attempt", got, first)
		f.close()
	}},
}

func (f *fixture) close() {
	f.Helper()
	if err := f.store.Close(); err != nil {
		f.Fatalf("Close: %v", err)
	}
}
