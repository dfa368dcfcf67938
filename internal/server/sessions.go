package server

import (
	"cmp"
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

type sessionList struct {
	Sessions []restSession `json:"sessions"`
}

func (c *call) sessionsOut(list []store.SessionEntry, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	made, err := tryOuts(list, c.sessionOut)
	return sessionList{made}, err
}

// page is the page of a list with the newest first that the query asks for.
type page struct {
	wanted int
	cursor string
}

func (c *call) page(most int) (page, error) {
	wanted, err := c.pageSize(most)
	if err != nil {
		return page{}, err
	}
	cursor, nothing, err := c.below()
	if nothing {
		wanted = 0
	}
	return page{wanted, cursor}, err
}

func (c *call) readSessions(f store.SessionFilter, p page) ([]store.SessionEntry, error) {
	return gather(p.wanted, p.cursor, func(page store.Page) ([]store.SessionEntry, string, error) {
		return c.store.ListSessions(c.r.Context(), f, page)
	})
}

func listSessions(c *call) (any, error) {
	p, err := c.page(c.cfg.MaxSessions)
	if err != nil {
		return nil, err
	}
	newest := func(a, b store.SessionEntry) int { return cmp.Compare(b.ID, a.ID) }
	return c.sessionsOut(within(c, p.wanted, newest, func(of *store.Project) ([]store.SessionEntry, error) {
		return c.readSessions(store.SessionFilter{Stored: true, Project: projectOf(of, projectID)}, p)
	}))
}

func projectSessions(c *call) (any, error) {
	of, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	p, err := c.page(c.cfg.MaxSessions)
	if err != nil {
		return nil, err
	}
	return c.sessionsOut(c.readSessions(store.SessionFilter{Project: of.ID, Workflow: c.query("workflow")}, p))
}

// pathSession reads the session in the path, whose action must be allowed.
func (c *call) pathSession() (store.SessionEntry, error) {
	id, err := pathID[model.SessionID](c, "id")
	if err != nil {
		return store.SessionEntry{}, err
	}
	s, err := c.service.Session(c.r.Context(), id)
	if err != nil {
		return s, err
	}
	return s, c.allowIn(s.Project, fmt.Sprintf("session %d", id))
}

// allowIn is allow for a project by its id, which may be deleted.
func (c *call) allowIn(id model.ProjectID, target string) error {
	name, err := c.names.of(c.r.Context(), c.store, id)
	if err != nil {
		return err
	}
	return c.allow(name, target)
}

func getSession(c *call) (any, error) {
	s, err := c.pathSession()
	if err != nil {
		return nil, err
	}
	return c.sessionOut(&s)
}

func sessionAttempts(c *call) (any, error) {
	s, err := c.pathSession()
	if err != nil {
		return nil, err
	}
	p, err := c.page(c.cfg.MaxAttempts)
	if err != nil {
		return nil, err
	}
	return c.attemptsOut(c.readAttempts(store.Filter{Session: s.ID}, p))
}
