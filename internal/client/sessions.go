package client

import "context"

// Sessions lists the sessions of all projects, the newest first.
func (c *Client) Sessions(ctx context.Context, p Page) ([]Session, error) {
	return c.sessions(ctx, path("sessions"), "", p)
}

// ProjectSessions lists the sessions of a project, of all or of one workflow,
// the newest first.
func (c *Client) ProjectSessions(ctx context.Context, project ID, workflow string, p Page) ([]Session, error) {
	return c.sessions(ctx, path("projects", string(project), "sessions"), workflow, p)
}

func (c *Client) sessions(ctx context.Context, path, workflow string, p Page) ([]Session, error) {
	var out struct {
		Sessions []Session `json:"sessions"`
	}
	err := c.get(ctx, path, values("workflow", workflow, "last_id", string(p.After), "page_size", p.sized()), &out)
	return out.Sessions, err
}

// Session returns a session, or a NotFound error.
func (c *Client) Session(ctx context.Context, id ID) (s Session, err error) {
	return s, c.get(ctx, path("sessions", string(id)), nil, &s)
}

// SessionAttempts lists the attempts of a session, the newest first.
func (c *Client) SessionAttempts(ctx context.Context, session ID, p Page) ([]Attempt, error) {
	return c.attempts(ctx, path("sessions", string(session), "attempts"), "last_id", string(p.After), "page_size", p.sized(), "tags", "true")
}
