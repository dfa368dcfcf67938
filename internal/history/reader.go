package history

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Query selects events; zero fields match all.
type Query struct {
	// LogQuery says where to begin, and of which attempts. Its Limit is how many
	// events a page has at most; 0 means 100.
	store.LogQuery
	// Task is the beginning of full names of tasks, up to a + or ^ in them. What
	// happened to an attempt as a whole does not match.
	Task  string
	Types Types
	// Tags are those that the attempts have now, all of them.
	Tags model.Tags
	// From is the first instant, and Until the one after the last.
	From, Until model.Instant
}

// matches reports whether q selects an event.
func (q *Query) matches(e *engine.Event) bool {
	if e.At < q.From || q.Until != 0 && e.At >= q.Until {
		return false
	}
	t := Of(e)
	return q.Types.Has(t) && (q.Task == "" || t.Group() != "attempt" && within(e.Name, q.Task))
}

// within reports whether a task is another, or below it.
func within(name, of string) bool {
	rest, ok := strings.CutPrefix(name, of)
	return ok && (rest == "" || rest[0] == '+' || rest[0] == '^')
}

// Page is a part of what happened.
type Page struct {
	Events []Event `json:"events"`
	// Next is the cursor to go on with. It moves on also where nothing matches.
	Next string `json:"next"`
	// More says that there is more to look at at once.
	More bool `json:"more"`
	// Held says that there will be more in a moment: see store.LogPage.
	Held bool `json:"-"`
}

// Reader reads what happened to attempts, whoever drives them. It is safe for
// concurrent use.
type Reader struct {
	store store.Store

	mu    sync.Mutex
	names map[model.ProjectID]string
}

// NewReader returns a reader of a store.
func NewReader(s store.Store) *Reader { return &Reader{store: s} }

const (
	defaultPage = 100
	// maxLooks bounds how often one call reads the log for a page, so that it ends
	// soon where little matches.
	maxLooks = 8
)

// Read returns the events that match, in the order of their commits. Errors are those
// of store.Log: one whose cursor is too old says where to go on.
func (r *Reader) Read(ctx context.Context, q Query) (page Page, err error) {
	limit := q.Limit
	if limit == 0 {
		limit = defaultPage
	}
	if q.After == "" && q.From != 0 {
		if q.After, err = r.store.SeekLog(ctx, q.From.Add(-disorder)); err != nil {
			return page, err
		}
	}
	page = Page{Events: []Event{}, Next: q.After}
	for range maxLooks {
		look := q.LogQuery
		look.After, look.Limit = page.Next, min(max(limit, defaultPage), store.MaxLimit)
		list, err := r.store.ReadLog(ctx, look)
		if err != nil {
			return Page{}, err
		}
		entries, err := r.tagged(ctx, list.Entries, q.Tags)
		if err != nil {
			return Page{}, err
		}
		full, err := r.add(ctx, &page, entries, &q, limit)
		if err != nil || full {
			return page, err
		}
		if page.Next, page.More, page.Held = list.Next, list.More, list.Held; !list.More {
			break
		}
	}
	return page, nil
}

// tagged returns the entries about attempts that have tags.
func (r *Reader) tagged(ctx context.Context, entries []store.LogEntry, tags model.Tags) ([]store.LogEntry, error) {
	if len(tags) == 0 || len(entries) == 0 {
		return entries, nil
	}
	var ids []model.AttemptID
	for i := range entries {
		ids = append(ids, entries[i].Attempt)
	}
	slices.Sort(ids)
	found, err := r.store.TagsOf(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(entries, func(e store.LogEntry) bool {
		for name, value := range tags {
			if has, ok := found[e.Attempt][name]; !ok || has != value {
				return true
			}
		}
		return false
	}), nil
}

// disorder is by how much the clocks of those who write may differ.
const disorder = time.Minute

// add puts the events that match into a page. It reports whether that is full, and
// ends with the last one of them.
func (r *Reader) add(ctx context.Context, page *Page, entries []store.LogEntry, q *Query, limit int) (full bool, err error) {
	for i := range entries {
		l := &entries[i]
		for k := range l.Events {
			if !q.matches(&l.Events[k]) {
				continue
			}
			if len(page.Events) == limit {
				page.Next, page.More = page.Events[limit-1].Cursor, true
				return true, nil
			}
			project, err := r.Project(ctx, l.Session.Project)
			if err != nil {
				return false, err
			}
			page.Events = append(page.Events, from(l, &l.Events[k], project))
		}
	}
	return false, nil
}

// maxNames bounds the names that are remembered.
const maxNames = 10_000

// Project returns the name of a project, which never changes; "" for none, and for one
// that is gone.
func (r *Reader) Project(ctx context.Context, id model.ProjectID) (string, error) {
	if id == 0 {
		return "", nil
	}
	r.mu.Lock()
	name, ok := r.names[id]
	r.mu.Unlock()
	if ok {
		return name, nil
	}
	p, err := r.store.Project(ctx, id)
	if model.CodeOf(err) == model.NotFound && err != nil {
		return "", nil // it was deleted meanwhile, and its attempts will be
	}
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil || len(r.names) >= maxNames {
		r.names = make(map[model.ProjectID]string)
	}
	r.names[id] = p.Name
	return p.Name, nil
}

// End returns the cursor after all that has happened.
func (r *Reader) End(ctx context.Context) (string, error) { return r.store.SeekLog(ctx, model.Never) }
