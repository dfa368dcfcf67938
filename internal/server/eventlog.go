package server

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/reporters"
	"github.com/pawlhq/pawl/internal/store"
)

const (
	// logLull and logSeldom are those of streams of the log of events, which others
	// act upon.
	logLull, logSeldom = 5 * time.Millisecond, time.Second
	// toldAtOnce is how many events are read for a stream at a time.
	toldAtOnce = 500
)

func eventLogRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/events", auth.AttemptList, readEvents, doc{tag: "event", answer: "LogPage", stream: true,
			summary: "What happens to attempts, in the order in which it is stored: from the beginning, a cursor or an instant on. As text/event-stream it goes on, from now if nothing is said. A page may have fewer events than asked for, even none, and there are more. A cursor after which events are not kept any more is answered with 410, and the one to go on with",
			query: []param{
				{"project", "string", "name of the only project", false},
				{"workflow", "string", "the only workflow of that project", false},
				{"attempt", "integer", "the only attempt", false},
				{"task", "string", "full name of the only task, and those below it", false},
				{"type", "array", "types of events such as task.failed, groups of them such as attempt, or failure", false},
				tagQuery,
				{"since", "string", "instant from which on they happened", false},
				{"until", "string", "instant before which they happened", false},
				rowsQuery, pageQuery,
			}}},
		{get, "/api/pawl/v1/reporters", auth.RecordList, listReporters, doc{tag: "event", answer: "ReporterList", summary: "How far those are who are told what happens, and what keeps them"}},
	}
}

// listReporters answers how those stand who are told what happens.
func listReporters(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	list, err := reporters.Statuses(c.r.Context(), c.store, c.cfg.Clock.Now())
	if err != nil {
		return nil, err
	}
	return struct {
		Reporters []reporters.Status `json:"reporters"`
	}{list}, nil
}

// readEvents answers a page of the log, or follows it.
func readEvents(c *call) (any, error) {
	q, err := c.eventQuery()
	if err != nil {
		return nil, err
	}
	if !strings.Contains(c.r.Header.Get("Accept"), "text/event-stream") {
		page, err := c.history.Read(c.r.Context(), q)
		if err != nil {
			return nil, toldWhere(err)
		}
		return page, nil
	}
	if last := c.r.Header.Get("Last-Event-ID"); last != "" {
		q.After = last
	}
	if q.After == "" && q.From == 0 {
		if q.After, err = c.history.End(c.r.Context()); err != nil {
			return nil, err
		}
	}
	if _, err := store.ParsePlace(q.After); err != nil {
		return nil, err
	}
	q.Limit = toldAtOnce
	f := logOfEvents{q}
	return following{next: f.next, lull: logLull, seldom: logSeldom}, nil
}

// toldWhere gives the error of an old cursor a body that says where to go on.
func toldWhere(err error) error {
	var gone *store.Forgotten
	if !errors.As(err, &gone) {
		return err
	}
	return withBody{err, struct {
		failure
		Cursor string `json:"cursor"`
	}{failure{Message: message(err), Status: statuses[model.Gone]}, gone.Cursor}}
}

// eventQuery reads which events are asked for, as far as the principal may see them.
func (c *call) eventQuery() (q history.Query, err error) {
	page, err := c.cursorPage()
	if err != nil {
		return q, err
	}
	if q.Limit, _, err = (store.Page{Limit: page.Limit}).Bounds(); err != nil {
		return q, err
	}
	q.After, q.Task = page.Cursor, c.query("task")
	if q.Types, err = history.ParseTypes(c.values["type"]); err != nil {
		return q, err
	}
	if q.Tags, err = model.ParseWantedTags(c.values["tag"]); err != nil {
		return q, err
	}
	attempt, err := c.number("attempt", 0)
	if err == nil && attempt < 1 && c.given("attempt") {
		err = model.Errorf(model.Invalid, "attempt is %q, but must be the id of an attempt", c.query("attempt"))
	}
	if err != nil {
		return q, err
	}
	q.Attempt = model.AttemptID(attempt)
	if err := c.span(&q.From, &q.Until); err != nil {
		return q, err
	}
	return q, c.eventProjects(&q)
}

// eventProjects reads of which projects events are asked for.
func (c *call) eventProjects(q *history.Query) error {
	if c.given("project") {
		of, err := c.store.ProjectNamed(c.r.Context(), c.query("project"))
		if err != nil {
			return err
		}
		q.Projects, q.Workflow = []model.ProjectID{of.ID}, c.query("workflow")
		return c.allow(of.Name, "")
	}
	if err := ofProject("", c.query("workflow")); err != nil {
		return err
	}
	v := c.visible()
	if v.All {
		return nil
	}
	q.Projects = []model.ProjectID{}
	for _, name := range v.Projects {
		p, err := c.store.ProjectNamed(c.r.Context(), name)
		if missing(err) {
			continue
		}
		if err != nil {
			return err
		}
		q.Projects = append(q.Projects, p.ID)
	}
	return nil
}

// logOfEvents streams what happens to attempts.
type logOfEvents struct{ history.Query }

func (f *logOfEvents) next(s *stream) (bool, error) {
	for {
		page, err := s.c.history.Read(s.c.r.Context(), f.Query)
		var gone *store.Forgotten
		if errors.As(err, &gone) {
			// Whoever follows is told, and what is left follows.
			f.After = gone.Cursor
			if err := s.event(gone.Cursor, "gone", `{"cursor":`+strconv.Quote(gone.Cursor)+`}`); err != nil {
				return false, err
			}
			continue
		}
		if err != nil {
			return false, err
		}
		for i := range page.Events {
			e := &page.Events[i]
			text, err := marshal(e)
			if err != nil {
				return false, err
			}
			if err := s.event(e.Cursor, string(e.Type), string(text)); err != nil {
				return false, err
			}
		}
		f.After, s.place = page.Next, page.Next
		if page.Held {
			s.bell.ring()
		}
		if !page.More {
			return false, nil
		}
		if err := s.flush(); err != nil {
			return false, err
		}
	}
}
