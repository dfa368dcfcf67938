package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/store"
)

// signalModel is what a store should know of messages to one topic: plain
// lists, and a look through all of them for each question.
type signalModel struct {
	topic string
	subs  []store.Subscription
	// kept are early messages and dead letters, in order.
	kept []*keptMessage
	// inbox has what the attempts that run got, in order.
	inbox map[model.AttemptID][]posted
	ended map[model.AttemptID]bool
	seen  map[string]model.Instant
	next  int64
	sent  []engine.Record
}

// posted is a message of a task, with the values under which that alone got it.
type posted struct {
	got
	alone []string
	share engine.Share
}

type keptMessage struct {
	n       int64
	values  []string
	expires model.Instant
	whole   bool
	dead    bool
	by      got // the task that buried it
	attempt model.AttemptID
}

// mostEarly is how many messages may be early under a key in these tests.
const mostEarly = 2

func (m *signalModel) deliver(msg store.Message, at model.Instant) store.Delivered {
	if msg.Remember != 0 {
		if m.seen[msg.Source] > at {
			return duplicate
		}
		m.seen[msg.Source] = msg.Remember
	}
	n, _ := msg.Body.(int64)
	var values []string
	for _, k := range msg.Keys {
		values = append(values, k.Value)
	}
	return m.route(n, values, engine.Share{Whole: true, Early: msg.Early}, false)
}

// route gives a message to who waits, or keeps it. One that was returned is not
// dropped.
func (m *signalModel) route(n int64, values []string, share engine.Share, returned bool) store.Delivered {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	if tasks := m.matching(values, share.Whole); len(tasks) > 0 {
		for _, p := range tasks {
			p.N = n
			if len(p.alone) > 0 {
				p.share.Early = share.Early
			}
			m.inbox[p.attempt] = append(m.inbox[p.attempt], p.posted)
		}
		return taken(len(tasks))
	}
	k := &keptMessage{n: n, values: values, expires: share.Early.Expires, whole: share.Whole}
	for _, v := range values {
		if m.count(v) >= mostEarly {
			k.dead = true
		}
	}
	if k.expires == 0 || len(values) == 0 {
		if !returned {
			return dropped
		}
		k.dead = true
	}
	m.kept = append(m.kept, k)
	if k.dead {
		return dead
	}
	return early
}

func (m *signalModel) count(value string) (n int) {
	for _, k := range m.kept {
		if !k.dead && slices.Contains(k.values, value) {
			n++
		}
	}
	return n
}

// getter is a task that gets a message.
type getter struct {
	attempt model.AttemptID
	posted
}

// matching returns the tasks that get a message, each once, in order: those
// without One only if nobody has got it.
func (m *signalModel) matching(values []string, whole bool) (tasks []getter) {
	for _, v := range values {
		var first *store.Subscription
		for i := range m.subs {
			switch s := &m.subs[i]; {
			case s.Key.Value != v:
			case !s.Key.One && whole:
				tasks = append(tasks, getter{s.Attempt, posted{got: got{Task: s.Task}}})
			case s.Key.One && (first == nil || waitsLonger(*s, *first) < 0):
				first = s
			}
		}
		if first != nil {
			tasks = append(tasks, getter{first.Attempt, posted{got: got{Task: first.Task}, alone: []string{v}}})
		}
	}
	byTask := func(a, b getter) int {
		return cmp.Or(cmp.Compare(a.attempt, b.attempt), cmp.Compare(a.Task, b.Task))
	}
	slices.SortStableFunc(tasks, byTask)
	for i := len(tasks) - 1; i > 0; i-- {
		if byTask(tasks[i-1], tasks[i]) == 0 {
			tasks[i-1].alone = append(tasks[i-1].alone, tasks[i].alone...)
			tasks = slices.Delete(tasks, i, i+1)
		}
	}
	return tasks
}

func waitsLonger(a, b store.Subscription) int {
	return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Task, b.Task))
}

// commit writes the parts of a batch that are about messages.
func (m *signalModel) commit(b *store.Batch) {
	var returned []posted
	for _, u := range b.Buried {
		n, _ := u.Message.Body.(int64)
		p := posted{got: got{u.Task, n}}
		if u.Message.Share != nil {
			p.share = *u.Message.Share
			p.alone = ids(p.share.Keys, func(k store.MessageKey) string { return k.Value })
		}
		returned = append(returned, m.bury(u.Attempt, p)...)
	}
	for _, a := range b.Attempts {
		for _, p := range m.inbox[a.ID] {
			returned = append(returned, m.bury(a.ID, p)...)
		}
	}
	for _, a := range b.Attempts {
		m.ended[a.ID] = true
		delete(m.inbox, a.ID)
		m.subs = slices.DeleteFunc(m.subs, func(s store.Subscription) bool { return s.Attempt == a.ID })
	}
	m.listen(b.Listening)
	m.sent = append(m.sent, b.Records...)
	for _, p := range returned {
		m.route(p.N, p.alone, p.share, true)
	}
}

// bury makes a dead letter of a message, or returns it if nobody else has it.
func (m *signalModel) bury(id model.AttemptID, p posted) (returned []posted) {
	if len(p.alone) > 0 {
		return []posted{p}
	}
	var values []string
	for _, s := range m.subs {
		if s.Attempt == id && s.Task == p.Task {
			values = append(values, s.Key.Value)
		}
	}
	m.kept = append(m.kept, &keptMessage{n: p.N, values: values, dead: true, by: p.got, attempt: id})
	return nil
}

// listen replaces subscriptions; each task is named once.
func (m *signalModel) listen(list []engine.Listening) {
	var opened []store.Subscription // those that are not fresh
	for _, l := range list {
		before := slices.Clone(m.subs)
		m.subs = slices.DeleteFunc(m.subs, func(s store.Subscription) bool { return s.Attempt == l.Attempt && s.Task == l.Task })
		if m.ended[l.Attempt] {
			continue
		}
		for _, k := range l.Keys {
			s := store.Subscription{Attempt: l.Attempt, Task: l.Task, Since: l.Since, Key: k}
			m.subs = append(m.subs, s)
			if !l.Fresh && !slices.ContainsFunc(before, func(o store.Subscription) bool {
				return o.Attempt == s.Attempt && o.Task == s.Task && o.Key.Value == k.Value
			}) {
				opened = append(opened, s)
			}
		}
	}
	slices.SortStableFunc(opened, waitsLonger)
	m.kept = slices.DeleteFunc(m.kept, func(k *keptMessage) bool {
		i := slices.IndexFunc(opened, func(s store.Subscription) bool { return !k.dead && slices.Contains(k.values, s.Key.Value) })
		if i >= 0 {
			m.inbox[opened[i].Attempt] = append(m.inbox[opened[i].Attempt], posted{
				got{opened[i].Task, k.n}, k.values, engine.Share{Whole: k.whole, Early: store.Early{Expires: k.expires, Most: mostEarly}},
			})
		}
		return i >= 0
	})
}

// resend sends a dead letter again.
func (m *signalModel) resend(k *keptMessage, expires model.Instant) store.Delivered {
	if k.attempt != 0 && m.ended[k.attempt] {
		return dead
	}
	m.kept = slices.DeleteFunc(m.kept, func(o *keptMessage) bool { return o == k })
	if k.attempt != 0 {
		m.inbox[k.attempt] = append(m.inbox[k.attempt], posted{got: k.by})
		return taken(1)
	}
	return m.route(k.n, k.values, engine.Share{Whole: true, Early: store.Early{Expires: expires, Most: mostEarly}}, false)
}

// signalRun does the same with a store and with the model.
type signalRun struct {
	*fixture
	model    *signalModel
	attempts []model.AttemptID
	at       model.Instant
}

var modelTests = []test{
	{"a store does what a simple model does", func(f *fixture) {
		cases := 0
		prop.Check(f.T, func(t *rapid.T) {
			cases++
			r := &signalRun{fixture: f, at: now, model: &signalModel{
				topic: fmt.Sprint("topic", cases), inbox: make(map[model.AttemptID][]posted), ended: make(map[model.AttemptID]bool), seen: make(map[string]model.Instant),
			}}
			for i := range 3 {
				r.attempts = append(r.attempts, f.make(f.start(fmt.Sprint(cases, "/", i))).ID)
			}
			f.sent(ids(f.outbox(0, 1000), func(o store.Outgoing) store.OutboxID { return o.ID })...)
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				r.step(t)
			}
			r.check()
		})
	}},
}

func (r *signalRun) step(t *rapid.T) {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1, 2, 3:
		r.deliver(t)
	case 4, 5, 6, 7:
		r.write(t)
	case 8:
		r.expireSome(t)
	case 9:
		r.resendOne(t)
	}
}

var values = []string{"a", "b", "c"}

func (r *signalRun) deliver(t *rapid.T) {
	d := store.Delivery{Now: r.at}
	var want []store.Delivered
	for range rapid.IntRange(1, 4).Draw(t, "messages") {
		r.model.next++
		n := r.model.next
		m := store.Message{Topic: r.model.topic, Source: fmt.Sprint("m", n), Body: n, Early: store.Early{Most: mostEarly}}
		for _, v := range rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 2, rapid.ID).Draw(t, "values") {
			m.Keys = append(m.Keys, about(v))
		}
		if rapid.IntRange(0, 4).Draw(t, "kept") > 0 {
			m.Early.Expires = r.at + model.Instant(rapid.IntRange(1, 5).Draw(t, "for"))
		}
		if rapid.Bool().Draw(t, "remember") {
			m.Source = rapid.SampledFrom(values).Draw(t, "source")
			m.Remember = r.at + model.Instant(rapid.IntRange(1, 3).Draw(t, "until"))
		}
		d.Messages = append(d.Messages, m)
		want = append(want, r.model.deliver(m, r.at))
	}
	r.same("outcomes", r.delivery(d), want)
}

// write commits a batch, and again as if its answer was lost.
func (r *signalRun) write(t *rapid.T) {
	b := &store.Batch{}
	type place struct {
		id   model.AttemptID
		task model.TaskID
	}
	named := make(map[place]bool)
	for range rapid.IntRange(0, 3).Draw(t, "listening") {
		p := place{rapid.SampledFrom(r.attempts).Draw(t, "attempt"), model.TaskID(rapid.IntRange(0, 2).Draw(t, "task"))}
		if named[p] {
			continue
		}
		named[p] = true
		l := listening(p.id, p.task, now+model.Instant(rapid.IntRange(0, 2).Draw(t, "since")))
		l.Fresh = rapid.IntRange(0, 3).Draw(t, "fresh") == 0
		for _, v := range rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 3, rapid.ID).Draw(t, "keys") {
			l.Keys = append(l.Keys, engine.Key{Topic: r.model.topic, Param: "order", Value: v, One: rapid.Bool().Draw(t, "one")})
		}
		b.Listening = append(b.Listening, l)
	}
	id := rapid.SampledFrom(r.attempts).Draw(t, "other")
	switch rapid.IntRange(0, 7).Draw(t, "more") {
	case 0:
		if !r.model.ended[id] {
			r.model.next++
			u := buried(id, model.TaskID(rapid.IntRange(0, 2).Draw(t, "by")), int(r.model.next), r.at)
			u.Message.Topic = r.model.topic
			if rapid.Bool().Draw(t, "returned") {
				u.Message.Share = r.share(t)
			}
			b.Buried = append(b.Buried, u)
		}
	case 1:
		b.Records = append(b.Records, outgoing(id, int32(len(r.model.sent))))
	case 2:
		if len(r.model.ended) < len(r.attempts)-1 && !r.model.ended[id] {
			b.Attempts = append(b.Attempts, engine.AttemptRow{ID: id, State: engine.AttemptSuccess, Ended: r.at})
		}
	}
	r.commit(b)
	r.model.commit(b)
	if rapid.Bool().Draw(t, "answer lost") {
		r.commit(b)
	}
}

// share draws how to give a message to others.
func (r *signalRun) share(t *rapid.T) *engine.Share {
	s := &engine.Share{Whole: rapid.Bool().Draw(t, "whole"), Early: store.Early{Most: mostEarly}}
	for _, v := range rapid.SliceOfNDistinct(rapid.SampledFrom(values), 1, 2, rapid.ID).Draw(t, "shared") {
		s.Keys = append(s.Keys, about(v))
	}
	if rapid.IntRange(0, 4).Draw(t, "to keep") > 0 {
		s.Early.Expires = r.at + model.Instant(rapid.IntRange(1, 5).Draw(t, "as long as"))
	}
	return s
}

func (r *signalRun) expireSome(t *rapid.T) {
	r.at += model.Instant(rapid.IntRange(0, 3).Draw(t, "later"))
	r.expire(r.at, 1000)
	for _, k := range r.model.kept {
		k.dead = k.dead || k.expires <= r.at
	}
}

func (r *signalRun) resendOne(t *rapid.T) {
	var letters []*keptMessage
	for _, k := range r.model.kept {
		if k.dead {
			letters = append(letters, k)
		}
	}
	stored := walk(r.fixture, r.listLetters(store.LetterFilter{Dead: true, Topic: r.model.topic}), store.Page{Limit: 100})
	if len(letters) == 0 || len(stored) != len(letters) {
		return // check tells of the difference
	}
	i := rapid.IntRange(0, len(letters)-1).Draw(t, "letter")
	outcomes, err := r.store.Resend(ctx, []store.LetterID{stored[i].ID}, store.Early{Expires: r.at + 2, Most: mostEarly}, r.at)
	if err != nil {
		r.Fatal(err)
	}
	r.same("sent again", outcomes, []store.Delivered{r.model.resend(letters[i], r.at+2)})
}

// check compares all that can be seen.
func (r *signalRun) check() {
	r.Helper()
	for _, id := range r.attempts {
		var list, want []string
		for _, p := range r.load(id).Inbox {
			n, _ := p.Command.Message.Body.(int64)
			one := posted{got: got{p.Command.Task, n}}
			if s := p.Command.Message.Share; s != nil {
				one.share = engine.Share{Whole: s.Whole, Early: s.Early}
				one.alone = ids(s.Keys, func(k store.MessageKey) string { return k.Value })
			}
			list = append(list, fmt.Sprint(one))
		}
		for _, p := range r.model.inbox[id] {
			want = append(want, fmt.Sprint(p))
		}
		r.same(fmt.Sprint("inbox of ", id), list, want)
	}
	byText := func(a, b store.Subscription) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	r.same("subscriptions", slices.SortedFunc(slices.Values(r.subscriptions(store.SubscriptionFilter{Topic: r.model.topic})), byText),
		slices.SortedFunc(slices.Values(r.model.subs), byText))
	for _, isDead := range []bool{false, true} {
		var want []string
		for _, k := range r.model.kept {
			if k.dead == isDead {
				want = append(want, fmt.Sprint(k.n, slices.Sorted(slices.Values(k.values)), k.attempt))
			}
		}
		var list []string
		for _, l := range walk(r.fixture, r.listLetters(store.LetterFilter{Dead: isDead, Topic: r.model.topic}), store.Page{Limit: 100}) {
			list = append(list, fmt.Sprint(l.Body, ids(l.Keys, func(k store.MessageKey) string { return k.Value }), l.Attempt))
		}
		r.same(fmt.Sprintf("letters, dead %v", isDead), list, want)
	}
	r.wantOutbox(r.model.sent...)
}
