package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// maxPage is how many entries a list without a size has.
const maxPage = 100

// values makes a query of names and values in turn, leaving out those without
// a value.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

// sized writes the size of a page; empty for the server's own.
func (p Page) sized() string {
	if p.Size == 0 {
		return ""
	}
	return strconv.Itoa(p.Size)
}

// Projects lists projects whose name contains a text, the oldest first.
func (c *Client) Projects(ctx context.Context, contains string, p Page) ([]Project, error) {
	return c.projects(ctx, values("name_pattern", contains, "last_id", string(p.After), "count", p.sized()))
}

func (c *Client) projects(ctx context.Context, query url.Values) ([]Project, error) {
	var out struct {
		Projects []Project `json:"projects"`
	}
	err := c.get(ctx, path("projects"), query, &out)
	return out.Projects, err
}

// Project returns the project of that name, or a NotFound error.
func (c *Client) Project(ctx context.Context, name string) (Project, error) {
	list, err := c.projects(ctx, url.Values{"name": {name}})
	switch {
	case err != nil:
		return Project{}, err
	case len(list) == 0:
		return Project{}, model.Errorf(model.NotFound, "there is no project %q %s", name, c.cfg.Where)
	}
	return list[0], nil
}

// DeleteProject deletes a project, which is returned as it was.
func (c *Client) DeleteProject(ctx context.Context, id ID) (p Project, err error) {
	return p, c.send(ctx, http.MethodDelete, path("projects", string(id)), nil, &p)
}

// Push is a revision of a project.
type Push struct {
	Project, Revision string
	// Archive has so many bytes.
	Archive io.Reader
	Size    int64
	// ScheduleFrom is when schedules that are new begin. Zero is now.
	ScheduleFrom time.Time
}

// Push adds a revision to a project, which is made if there is none of that
// name.
func (c *Client) Push(ctx context.Context, p Push) (made Project, err error) {
	query := values("project", p.Project, "revision", p.Revision, "schedule_from", Instant{p.ScheduleFrom}.String())
	res, err := c.do(ctx, http.MethodPut, path("projects"), query, &body{p.Archive, "application/gzip", p.Size})
	if err != nil {
		return made, err
	}
	return made, c.decode(res, &made)
}

// Archive opens the archive of a project's revision, the newest one if it has
// no name. The caller closes it.
func (c *Client) Archive(ctx context.Context, project ID, revision string) (io.ReadCloser, error) {
	return c.open(ctx, path("projects", string(project), "archive"), c.stored("revision", revision))
}

// SecretKeys lists the keys of a project's secrets.
func (c *Client) SecretKeys(ctx context.Context, project ID) ([]string, error) {
	var out struct {
		Secrets []struct {
			Key string `json:"key"`
		} `json:"secrets"`
	}
	err := c.get(ctx, path("projects", string(project), "secrets"), nil, &out)
	keys := make([]string, len(out.Secrets))
	for i, s := range out.Secrets {
		keys[i] = s.Key
	}
	return keys, err
}

// SetSecret makes or replaces a secret.
func (c *Client) SetSecret(ctx context.Context, project ID, key, value string) error {
	in := struct {
		Value string `json:"value"`
	}{value}
	return c.send(ctx, http.MethodPut, path("projects", string(project), "secrets", key), in, new(any))
}

// DeleteSecret deletes a secret, if there is one.
func (c *Client) DeleteSecret(ctx context.Context, project ID, key string) error {
	return c.send(ctx, http.MethodDelete, path("projects", string(project), "secrets", key), nil, new(any))
}
