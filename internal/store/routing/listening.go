package routing

import (
	"cmp"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
)

// Subscription is one with what stands for its key. One that is Fresh gets no
// early messages when it opens.
type Subscription struct {
	store.Subscription
	Mark  Key
	Fresh bool
}

// Listening returns the tasks whose subscriptions a batch replaces, and all that
// they have then, in order of their tasks and marks.
func Listening(list []engine.Listening) (tasks []Listener, open []Subscription) {
	newest := slices.Clone(list)
	slices.Reverse(newest)
	task := func(l *engine.Listening) Listener { return Listener{l.Attempt, l.Task} }
	slices.SortStableFunc(newest, func(a, b engine.Listening) int { return compareListeners(task(&a), task(&b)) })
	newest = slices.CompactFunc(newest, func(a, b engine.Listening) bool { return task(&a) == task(&b) })
	for i := range newest {
		tasks = append(tasks, task(&newest[i]))
		open = append(open, subscriptions(&newest[i])...)
	}
	return tasks, open
}

func subscriptions(l *engine.Listening) []Subscription {
	list := make([]Subscription, len(l.Keys))
	for i, k := range slices.Backward(l.Keys) {
		list[len(list)-1-i] = Subscription{
			store.Subscription{Attempt: l.Attempt, Task: l.Task, Key: k, Since: l.Since}, KeyOfSubscription(&k), l.Fresh,
		}
	}
	slices.SortStableFunc(list, func(a, b Subscription) int { return cmp.Compare(string(a.Mark[:]), string(b.Mark[:])) })
	return slices.CompactFunc(list, func(a, b Subscription) bool { return a.Mark == b.Mark })
}

// CompareSubscriptions tells the order of lists of subscriptions. Of one key it
// is that of those who get all messages, and then that in which the others do.
func CompareSubscriptions(a, b *Subscription) int {
	one := func(s *Subscription) int {
		if s.Key.One {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(a.Key.Topic, b.Key.Topic), cmp.Compare(a.Key.Param, b.Key.Param), cmp.Compare(one(a), one(b)),
		CompareWaiting(a, b), cmp.Compare(string(a.Mark[:]), string(b.Mark[:])),
	)
}

// CompareWaiting tells who has waited for longer.
func CompareWaiting(a, b *Subscription) int {
	return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Task, b.Task))
}

// Place returns where s is in a list.
func (s *Subscription) Place() store.SubscriptionMark {
	m := store.SubscriptionMark{
		Topic: s.Key.Topic, Param: s.Key.Param, Since: s.Since, Attempt: s.Attempt, Task: s.Task, Mark: s.Mark,
	}
	if s.Key.One {
		m.One = 1
	}
	return m
}

// SubscriptionAt returns what would be at a place, but for its value.
func SubscriptionAt(m store.SubscriptionMark) Subscription {
	return Subscription{Subscription: store.Subscription{
		Attempt: m.Attempt, Task: m.Task, Since: m.Since, Key: engine.Key{Topic: m.Topic, Param: m.Param, One: m.One != 0},
	}, Mark: m.Mark}
}
