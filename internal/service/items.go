package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/rerun"
	"github.com/pawlhq/pawl/internal/store"
)

// Collection is a task of an attempt with the items that it has listed.
type Collection struct {
	// Name is the full name of the task, and Prefix that of each of its items but
	// for the index at its end.
	Name, Prefix string
	// Items are its counters as they stand.
	Items engine.Items
	list  store.ItemList
}

// Items returns items of a collection that match, a page of them in the order of
// their indexes, and the cursor of the next page. The task of o, which may be left
// out where there is one collection only, must have listed its items: else it is
// NotFound.
func (s *Service) Items(ctx context.Context, o Order, f store.ItemFilter, page store.Page) (c Collection, items []store.ItemEntry, next string, err error) {
	snap, err := s.cfg.Store.Load(ctx, o.Attempt)
	if err == nil {
		c, err = collectionOf(snap, o.Task)
	}
	if err != nil {
		return c, nil, "", err
	}
	running, err := itemsInWork(snap, &c)
	if err == nil {
		items, next, err = s.listItems(ctx, c.list, running, f, page)
	}
	return c, items, next, err
}

// RerunItem runs an item of a collection again that has ended: as part of the
// attempt, if the collection goes on, or of another attempt, which is returned, if the
// attempt is done. All other items stay as they are. A Conflict is what has not ended.
func (s *Service) RerunItem(ctx context.Context, o Order, index int64) (store.Attempt, error) {
	snap, err := s.cfg.Store.Load(ctx, o.Attempt)
	if err != nil {
		return store.Attempt{}, err
	}
	a := snap.Attempt
	c, err := collectionOf(snap, o.Task)
	if err != nil {
		return a, err
	}
	found, err := s.cfg.Store.FetchItems(ctx, c.list.Attempt, c.list.Task, engine.Fetch{List: c.list.List, From: index, Most: 1, Again: true})
	switch {
	case err != nil:
		return a, err
	case len(found) == 0:
		return a, model.Errorf(model.NotFound, "task %s has %d items, and none with index %d", c.Name, c.Items.Total, index)
	case !found[0].State.Final():
		return a, model.Errorf(model.Conflict, "item %d of task %s has not ended", index, c.Name)
	case a.State.Done():
		return s.rerunDone(ctx, snap, o.Task, c.Name, index)
	}
	tasks, err := snap.Restore()
	if err != nil {
		return a, err
	}
	return a, s.orderTo(ctx, o, tasks, engine.Command{Kind: engine.RerunItem, Task: c.list.Task, Item: index})
}

// rerunDone makes an attempt that goes on with one that is done and runs an item again,
// of the collection that was asked for as task, if it was.
func (s *Service) rerunDone(ctx context.Context, snap *store.Snapshot, task, collection string, index int64) (store.Attempt, error) {
	start, err := s.planned(ctx, snap, &Retry{Attempt: snap.Attempt.ID}, rerun.Plan{})
	if err != nil {
		return snap.Attempt, err
	}
	start.Resume.From = store.OfItem(collection, index)
	got, made, err := s.cfg.Store.StartAttempt(ctx, start)
	if err == nil && !made {
		err = s.isOf(ctx, &got, &start)
	}
	if err != nil && !made && model.CodeOf(err) == model.Conflict && got.ID != 0 {
		command := fmt.Sprintf("pawl items rerun %d %d", got.ID, index)
		if task != "" {
			command += " --task " + task
		}
		err = model.Errorf(model.Conflict, "attempt %d of the session goes on with attempt %d already, and not to run item %d again", got.ID, snap.Attempt.ID, index).
			WithHint("`%s` runs the item again", command)
	}
	return got, err
}

// collectionOf finds a collection by the end of its full name, the newest round of it.
func collectionOf(snap *store.Snapshot, name string) (Collection, error) {
	found := make(map[string]Collection)
	for i := range snap.Tasks { // in order of id
		t := &snap.Tasks[i]
		if t.Detail == nil || t.Detail.Items == nil || !strings.HasSuffix(t.Name, name) {
			continue
		}
		found[t.Name] = Collection{
			Name: t.Name, Prefix: t.Name + itemsOf(snap, t.Name) + "-", Items: *t.Detail.Items,
			list: store.ItemList{Attempt: t.Attempt, Task: t.ID, List: t.Detail.Items.List},
		}
	}
	names := make([]string, 0, len(found))
	for known := range found {
		names = append(names, known)
	}
	slices.Sort(names)
	switch {
	case len(names) == 1:
		return found[names[0]], nil
	case len(names) == 0 && name == "":
		return Collection{}, model.Errorf(model.NotFound, "attempt %d has no task that has listed items", snap.Attempt.ID)
	case len(names) == 0:
		return Collection{}, model.Errorf(model.NotFound, "attempt %d has no task %q that has listed items", snap.Attempt.ID, name)
	}
	if exact, ok := found[name]; ok {
		return exact, nil
	}
	return Collection{}, model.Errorf(model.Invalid, "attempt %d has several tasks with items: %s", snap.Attempt.ID, strings.Join(names, ", ")).
		WithHint("say which")
}

// itemsOf is the name of the body of a collection, as far as it is defined.
func itemsOf(snap *store.Snapshot, name string) string {
	p, err := snap.Definition.Root.Find(name)
	if err != nil || len(p.Node().Children) == 0 {
		return ""
	}
	return p.Node().Children[0].Name
}

// itemStates are the states of items by the names that they are asked for by.
var itemStates = []struct {
	name  string
	state model.State
}{
	{"pending", model.Blocked}, {"running", model.Running}, {"success", model.Success}, {"skipped", model.Skipped},
	{"stopped", model.Stopped}, {"failed", model.Failed}, {"cancelled", model.Cancelled},
}

// ItemState is the name of the state of an item.
func ItemState(s model.State) string {
	for _, known := range itemStates {
		if known.state == s {
			return known.name
		}
	}
	return s.String()
}

// ParseItemStates reads names of states.
func ParseItemStates(names []string) (f store.ItemFilter, err error) {
	var known []string
	for _, s := range itemStates {
		known = append(known, s.name)
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return f, model.Errorf(model.Invalid, "the state of an item is one of %s, not %q", strings.Join(known, ", "), name).
				WithHint("%s", document.DidYouMean(name, known))
		}
		f.States = append(f.States, itemStates[i].state)
	}
	return f, nil
}
