package server

import (
	"context"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// auditWithin is how long the audit log may take to be written, whoever still
// waits for the answer.
const auditWithin = 10 * time.Second

// audit writes down what was done or refused, before it is answered, and
// returns what is to be answered: a change that could not be written down is
// not answered as done. Those whom nobody knows leave no entry, or anyone could
// fill the store with them.
func (c *call) audit(err error) error {
	outcome := auth.OutcomeOf(err)
	stranger := c.who.Name == "" && outcome == auth.Refused
	if c.audited || stranger || c.route.action == "" || !auth.Recorded(c.route.action, outcome) {
		return err
	}
	c.audited = true
	e := auth.Entry{
		Time: model.InstantOf(c.cfg.Clock.Now()), Principal: c.who.Name, Action: c.route.action,
		Project: c.project, Target: c.target, Outcome: outcome, Remote: c.r.RemoteAddr,
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), auditWithin)
	defer cancel()
	failed := c.entries.append(ctx, c.store, e.Kept())
	if failed == nil {
		return err
	}
	c.cfg.Log.Error("the audit log lacks this entry", "principal", e.Principal, "action", e.Action, "project", e.Project,
		"target", e.Target, "outcome", e.Outcome, "remote", e.Remote, "error", failed)
	if err == nil {
		err = model.Errorf(model.Unavailable, "it was done, but the audit log could not be written: %w", failed)
	}
	return err
}

// entries writes an audit log. What comes while it is being written is written
// together after that, so that many clients cost few commits.
type entries struct {
	mu   sync.Mutex
	next *entryBatch // nil if nothing has come
	// writing has room for one.
	writing chan struct{}
}

func newEntries() *entries { return &entries{writing: make(chan struct{}, 1)} }

// entryBatch is written by whoever began it.
type entryBatch struct {
	entries []store.AuditEntry
	done    chan struct{}
	err     error // once done
}

// append returns when the entry is stored, or with the error of its batch.
func (l *entries) append(ctx context.Context, to store.Audit, e store.AuditEntry) error {
	l.mu.Lock()
	b, first := l.next, l.next == nil
	if first {
		b = &entryBatch{done: make(chan struct{})}
		l.next = b
	}
	b.entries = append(b.entries, e)
	l.mu.Unlock()
	if first {
		l.write(ctx, to, b)
	}
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// write stores a batch, to which nothing is added once the batch before it is
// stored.
func (l *entries) write(ctx context.Context, to store.Audit, b *entryBatch) {
	defer close(b.done)
	select {
	case l.writing <- struct{}{}:
		defer func() { <-l.writing }()
	case <-ctx.Done():
		b.err = context.Cause(ctx)
	}
	l.mu.Lock()
	l.next = nil
	l.mu.Unlock()
	if b.err == nil {
		b.err = to.AppendAudit(ctx, b.entries)
	}
}

type restEntry struct {
	ID        number   `json:"id"`
	At        moment   `json:"at"`
	Principal optional `json:"principal"`
	Action    string   `json:"action"`
	Project   optional `json:"project"`
	Target    optional `json:"target"`
	Outcome   string   `json:"outcome"`
	Remote    string   `json:"remote"`
}

func entryOut(e *store.AuditEntry) restEntry {
	return restEntry{
		ID: number(e.ID), At: moment(e.Time), Principal: optional(e.Principal), Action: e.Action,
		Project: optional(e.Project), Target: optional(e.Target), Outcome: e.Outcome, Remote: e.Remote,
	}
}

func auditRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/audit", auth.AuditList, listAudit, doc{tag: "audit", summary: "Who did what, the latest first; for administrators", answer: "AuditList",
			query: []param{
				{"principal", "string", "name of the only one who did it", false},
				{"action", "string", "the only action, such as attempt.kill", false},
				{"project", "string", "name of the only project", false},
				{"since", "string", "instant of the first entries", false},
				{"until", "string", "instant after the last entries", false},
				{"count", "integer", "how many entries, 100 by default and 1000 at most", false},
				{"cursor", "string", "where the page before ended", false},
			}}},
	}
}

func listAudit(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	f := store.AuditFilter{Principal: c.query("principal"), Action: c.query("action"), Project: c.query("project")}
	if err := c.span(&f.From, &f.Until); err != nil {
		return nil, err
	}
	n, err := c.number("count", 0)
	if err != nil {
		return nil, err
	}
	entries, next, err := c.store.ListAudit(c.r.Context(), f, store.Page{Limit: int(n), Cursor: c.query("cursor")})
	if err != nil {
		return nil, err
	}
	return struct {
		Entries []restEntry `json:"entries"`
		Next    optional    `json:"next"`
	}{outs(entries, entryOut), optional(next)}, nil
}
