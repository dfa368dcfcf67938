package engine

import (
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// A collection whose items are rows has a page of them in memory at a time, or a few:
// each page is a task of its own, with the items as its children, and is dropped once
// all of them have ended. The rest is counters.

// Item is one item of a collection.
type Item struct {
	// Index counts the items of a collection from 0.
	Index int64
	// Key tells items apart for people; it may be empty.
	Key   string
	Value params.Value
	// State is Blocked as long as the item has not ended: its task says whether it
	// runs.
	State model.State
}

// Listed says that a source has written the rows of its items.
type Listed struct {
	// Total is how many there are.
	Total int64
	// Done, Failed and Cancelled are how many of them had ended so before, in an
	// attempt that this one goes on with, and are not run again.
	Done, Failed, Cancelled int64
}

// Items is what a collection keeps whose items are rows.
type Items struct {
	// List names the rows: it is the try that has listed them.
	List int32
	// Total is how many items there are. Each of them has ended as Done (well or
	// skipped), Failed or Cancelled, is Running, or has not started.
	Total, Done, Failed, Cancelled, Running int64
	// Next is the index of the first that is not taken up, and Left how many have
	// not started from there on. Next is Total once nothing is left.
	Next, Left int64
	// Again are the items that are to be run again and not taken up yet.
	Again []int64
	// First are the first items that failed.
	First []FailedItem
}

// Pending is how many items have not started.
func (c *Items) Pending() int64 { return c.Total - c.Done - c.Failed - c.Cancelled - c.Running }

// FailedItem is one of the first items that failed.
type FailedItem struct {
	Index   int64
	Key     string
	Message string
}

// firstFailed is how many failed items a collection names.
const firstFailed = 5

// ItemRow changes the row of an item, or with To set the rows of those from Index to
// before To that have not ended.
type ItemRow struct {
	Attempt model.AttemptID
	// Task is the collection and List its list.
	Task  model.TaskID
	List  int32
	Index int64
	To    int64
	State model.State
	// Name is the full name of the item's task.
	Name string
	// Started and Ended are as those of a task.
	Started, Ended model.Instant
	// Error says why it failed. Result is what its tasks have stored.
	Error, Result params.Map
}

// Fetch asks for a page of items, which the command Supply gives.
type Fetch struct {
	List int32
	// From is the index of the first that may be given and Most how many are. With
	// zero the answer is an empty page, to go on in another step.
	From int64
	Most int
	// Again asks for the item From, as it is; else those that have not ended are
	// given, in order.
	Again bool
}

// Supplied answers a Fetch.
type Supplied struct {
	Fetch
	Items []Item
	// Error says why they can't be read; it is empty if they can.
	Error string
}

// Dropped are ids of tasks, from From to before To, that are of no use any more:
// those of items that have ended.
type Dropped struct {
	Attempt  model.AttemptID
	From, To model.TaskID
}

const (
	// itemPage is how many items are taken up at a time.
	itemPage = 256
	// itemSweep is how many rows are cancelled in one step.
	itemSweep = 10_000
)

// items returns the counters of a collection whose items are rows, else nil.
func (t *task) items() *Items {
	if t.detail == nil {
		return nil
	}
	return t.detail.Items
}

// count returns the counters of a collection to be changed.
func (a *Attempt) count(id model.TaskID) *Items {
	d := a.change(id)
	c := *d.Items
	d.Items = &c
	return d.Items
}

// openItems begins with the items that a source has listed.
func (a *Attempt) openItems(id model.TaskID, l *Listed) {
	t := a.at(id)
	c := &Items{List: t.try, Total: l.Total, Done: l.Done, Failed: l.Failed, Cancelled: l.Cancelled}
	if c.Left = c.Pending(); c.Left == 0 {
		c.Next = c.Total
	}
	t.state = model.Open
	a.enter(id)
	a.event(TaskOpened, id, params.Of("items", c.Total))
	a.change(id).Items = c
	if c.Left > 0 {
		t.pending++ // until all are taken up
		a.schedule(errandAdmit, id)
	}
}

// supply takes up a page of items. One that was asked for before the task began
// anew changes nothing.
func (a *Attempt) supply(id model.TaskID, s *Supplied) {
	t := a.at(id)
	c := t.items()
	switch {
	case c == nil || s == nil || s.List != c.List || t.state != model.Open:
	case s.Again:
		a.supplyAgain(id, s)
	case !t.asking:
	default:
		t.asking = false
		a.supplyNext(id, s)
	}
}

func (a *Attempt) supplyNext(id model.TaskID, s *Supplied) {
	c := a.at(id).items()
	items := s.Items // an earlier run of the try may have listed more of them
	for len(items) > 0 && items[len(items)-1].Index >= c.Total {
		items = items[:len(items)-1]
	}
	switch {
	case a.at(id).turnsAway():
		a.sweep(id)
		return
	case s.Error != "":
		a.failItems(id, s.Error)
		return
	case len(items) == 0:
		a.failItems(id, "the rows of items are missing")
		return
	}
	c = a.count(id)
	c.Left -= int64(len(items))
	c.Next = items[len(items)-1].Index + 1
	a.takeUp(id, items)
	if c.Left <= 0 {
		a.takenUp(id)
	}
}

// failItems has a collection start no more items, and fail once those in work have
// ended.
func (a *Attempt) failItems(id model.TaskID, why string) {
	a.change(id).Error = params.Of("message", why)
	a.at(id).flags |= Broken | Closed
	a.schedule(errandAdmit, id)
}

// takenUp notes that no items are left to be taken up. Those that there still were
// are cancelled.
func (a *Attempt) takenUp(id model.TaskID) {
	c := a.count(id)
	c.Cancelled, c.Left, c.Next = c.Cancelled+c.Left, 0, c.Total
	a.endKid(id)
}

// takeUp makes tasks of a page of items.
func (a *Attempt) takeUp(id model.TaskID, page []Item) {
	a.grow(Growth{Kind: GrowPage, Parent: id, Listed: page, List: a.at(id).items().List})
	t := a.at(id)
	t.pending++
	at := t.kids[len(t.kids)-1]
	a.tally(at, 1)
	a.start(at)
	p := a.at(at)
	p.state, p.pending = model.Open, int32(len(p.kids))
	a.enter(at)
	a.schedule(errandAdmit, id)
}

// plantPage adds a page of items to a collection.
func (a *Attempt) plantPage(g Growth) {
	n := a.at(g.Parent).node
	kids := a.at(g.Parent).kids
	at := a.plant(n.Page(), g.Parent, int32(len(kids)), GrowPage)
	p := &page{list: g.List, index: make([]int64, len(g.Listed)), keys: make([]string, len(g.Listed))}
	if a.pages == nil {
		a.pages = make(map[model.TaskID]*page)
	}
	a.pages[at] = p
	items := make([]model.TaskID, len(g.Listed))
	prefix := a.name(g.Parent) + n.Children[0].Name + "-"
	for i := range g.Listed {
		item := &g.Listed[i]
		p.index[i], p.keys[i] = item.Index, item.Key
		items[i] = a.plant(n.Children[0], at, int32(i), GrowItems)
		t := a.at(items[i])
		t.name = itemName(prefix, item.Index)
		t.extra = params.Map{}.Set(n.Each.Key, item.Value)
	}
	a.at(at).kids = items
	t := a.at(g.Parent)
	t.kids = append(slices.Clip(kids), at)
	t.next += int32(len(items))
}

// hungry reports whether a collection is to take up more items soon: those that it
// has would not fill its window once more.
func (a *Attempt) hungry(id model.TaskID) bool {
	t := a.at(id)
	c := t.items()
	return c != nil && t.state == model.Open && c.Next < c.Total && int(t.next) < t.room()
}

// room is how many items of a collection may be in work at a time.
func (t *task) room() int {
	if w := t.node.Each.Window; w > 0 && w < workflow.MaxWindow {
		return w
	}
	return workflow.MaxWindow
}

// turnsAway reports whether a collection starts no more items.
func (t *task) turnsAway() bool { return t.asked() || t.flags&Closed != 0 }

// admitItems opens the next items, as far as there is room, and asks for more.
func (a *Attempt) admitItems(id model.TaskID) {
	t := a.at(id)
	for _, at := range t.kids {
		if a.at(at).made == GrowPage {
			a.admitPage(t, a.at(at))
		}
	}
	switch {
	case t.asking || !a.hungry(id):
	case a.at(id).turnsAway():
		a.sweep(id)
	default:
		a.ask(id, itemPage)
	}
}

// admitPage opens the next items of a page.
func (a *Attempt) admitPage(t, p *task) {
	for int(p.next) < len(p.kids) && !a.crowded(p.kids[p.next]) {
		p.next++
		t.next--
		a.open(p.kids[p.next-1])
	}
}

// ask asks for the next page of items.
func (a *Attempt) ask(id model.TaskID, most int) {
	t := a.at(id)
	t.asking = true
	c := t.items()
	a.effect(Effect{Kind: FetchItems, Task: id, Fetch: Fetch{List: c.List, From: c.Next, Most: most}})
}

// askAnew asks for all that a restored collection is to take up.
func (a *Attempt) askAnew(id model.TaskID) {
	if a.hungry(id) {
		a.ask(id, itemPage)
	}
	for _, index := range a.at(id).items().Again {
		a.askAgain(id, index)
	}
}

// sweep cancels a part of the items that were not taken up.
func (a *Attempt) sweep(id model.TaskID) {
	c := a.count(id)
	to := min(c.Next+itemSweep, c.Total)
	a.step.Items = append(a.step.Items, ItemRow{
		Attempt: a.row.ID, Task: id, List: c.List, Index: c.Next, To: to, State: model.Cancelled, Ended: a.now,
	})
	c.Next = to
	if to < c.Total {
		a.ask(id, 0)
		return
	}
	a.takenUp(id)
}

// itemStarted counts an item that starts. Its task says that it runs: its row is
// written once it has ended.
func (a *Attempt) itemStarted(id model.TaskID) {
	a.count(a.items(a.at(id))).Running++
}

// itemEnded counts an item that has ended, and does with the others as the
// collection says.
func (a *Attempt) itemEnded(id model.TaskID, began bool) {
	t := a.at(id)
	of := a.items(a.at(id))
	c := a.count(of)
	state := t.state
	if began {
		c.Running--
	}
	switch state {
	case model.Failed:
		c.Failed++
		a.noteFailed(c, id)
	case model.Cancelled, model.NotReached:
		c.Cancelled++
		state = model.Cancelled
	default:
		c.Done++
	}
	a.itemRow(id, state)
	if state == model.Failed {
		a.itemFailed(of)
	}
}

// noteFailed names one of the first items that failed.
func (a *Attempt) noteFailed(c *Items, id model.TaskID) {
	if len(c.First) >= firstFailed {
		return
	}
	t := a.at(id)
	p := a.pages[t.parent]
	message, _ := a.itemError(id).StringOr("message", "")
	c.First = append(slices.Clip(c.First), FailedItem{Index: p.index[t.index], Key: p.keys[t.index], Message: message})
}

// itemError is why an item failed: its own error, or those below it.
func (a *Attempt) itemError(id model.TaskID) params.Map {
	if t := a.at(id); t.detail != nil && t.detail.Error.Len() > 0 {
		return t.detail.Error
	}
	return a.errors(id)
}

// itemRow writes the row of an item that has ended.
func (a *Attempt) itemRow(id model.TaskID, state model.State) {
	t := a.at(id)
	of := a.items(a.at(id))
	r := ItemRow{
		Attempt: a.row.ID, Task: of, List: a.at(of).items().List, Index: a.pages[t.parent].index[t.index],
		State: state, Name: a.name(id), Started: t.started, Ended: a.now, Result: a.given(params.Map{}, id),
	}
	if state == model.Failed {
		r.Error = a.itemError(id)
	}
	a.step.Items = append(a.step.Items, r)
}

// itemFailed does with the other items, and with the rest of the attempt, as the
// collection says.
func (a *Attempt) itemFailed(of model.TaskID) {
	t := a.at(of)
	policy := t.node.Each.OnFailure
	if policy == workflow.IsolateItems || t.flags&Closed != 0 {
		return
	}
	t.flags |= Closed
	a.touch(of)
	for _, kid := range t.kids {
		if a.at(kid).made == GrowPage {
			a.cancel(kid, CancelAsked)
		}
	}
	a.schedule(errandAdmit, of)
	if policy == workflow.CancelAll {
		a.cancelAround(of)
	}
}

// cancelAround cancels all of the attempt but what is above or below a task. Where it
// is a loser that was left running, that ends at the group which has ended without it.
func (a *Attempt) cancelAround(id model.TaskID) {
	for p := a.at(id).parent; p != model.NoTask; id, p = p, a.at(p).parent {
		t := a.at(p)
		if t.state.Final() {
			return
		}
		t.flags |= Closed
		a.touch(p)
		for _, kid := range t.kids {
			if kid != id && !a.at(kid).hook() {
				a.cancel(kid, CancelAsked)
			}
		}
	}
}

// itemsError says how many items of a collection have failed, and names some. It is
// empty for other tasks.
func (a *Attempt) itemsError(t *task) params.Map {
	c := t.items()
	if c == nil || c.Failed == 0 {
		return params.Map{}
	}
	return params.Of("message", c.describe(), "items", c.Counts())
}
