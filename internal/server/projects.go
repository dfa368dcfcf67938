package server

import (
	"cmp"
	"mime"
	"net/http"
	"strings"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

type projectList struct {
	Projects []restProject `json:"projects"`
}

// pathProject reads the project in the path, in which the route's action must be
// allowed.
func (c *call) pathProject(target string) (store.Project, error) {
	id, err := pathID[model.ProjectID](c, "id")
	if err != nil {
		return store.Project{}, err
	}
	p, err := c.service.Project(c.r.Context(), id)
	if err != nil {
		return p, err
	}
	return p, c.allow(p.Name, target)
}

func listProjects(c *call) (any, error) {
	if c.given("name") {
		return projectsNamed(c)
	}
	wanted, err := c.count()
	if err != nil {
		return nil, err
	}
	cursor, err := c.after()
	if err != nil {
		return nil, err
	}
	last, err := c.number("last_id", 0)
	if err != nil {
		return nil, err
	}
	pattern := c.query("name_pattern")
	byID := func(a, b store.Project) int { return cmp.Compare(a.ID, b.ID) }
	list, err := within(c, wanted, byID, func(one *store.Project) ([]store.Project, error) {
		switch {
		case one == nil:
			return gather(wanted, cursor, func(page store.Page) ([]store.Project, string, error) {
				return c.store.ListProjects(c.r.Context(), store.ProjectFilter{Contains: pattern}, page)
			})
		case int64(one.ID) > last && strings.Contains(one.Name, pattern):
			return []store.Project{*one}, nil
		}
		return nil, nil
	})
	if err != nil {
		return nil, err
	}
	return projectList{Projects: outs(list, projectOut)}, nil
}

// projectsNamed lists the project of that name, if there is one to be seen.
func projectsNamed(c *call) (any, error) {
	p, err := c.store.ProjectNamed(c.r.Context(), c.query("name"))
	switch {
	case missing(err) || err == nil && !c.visible().Has(p.Name):
		return projectList{Projects: []restProject{}}, nil
	case err != nil:
		return nil, err
	}
	return projectList{Projects: []restProject{projectOut(&p)}}, nil
}

func getProject(c *call) (any, error) {
	p, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	return projectOut(&p), nil
}

func findProject(c *call) (any, error) {
	p, err := c.store.ProjectNamed(c.r.Context(), c.query("name"))
	if err != nil {
		return nil, err
	}
	if err := c.allow(p.Name, ""); err != nil {
		return nil, err
	}
	return projectOut(&p), nil
}

func deleteProject(c *call) (any, error) {
	p, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	if p, err = c.service.DeleteProject(c.r.Context(), p.ID); err != nil {
		return nil, err
	}
	return projectOut(&p), nil
}

func pushProject(c *call) (any, error) {
	name, revision := c.query("project"), c.query("revision")
	if err := project.CheckProjectName(name); err != nil {
		return nil, err
	}
	if err := c.allow(name, "revision "+revision); err != nil {
		return nil, err
	}
	if err := c.cfg.Access.Allow(c.who, auth.ProjectContent, name); err != nil {
		return nil, err
	}
	if err := carriesArchive(c.r); err != nil {
		return nil, err
	}
	from, err := instantIn("schedule_from", c.query("schedule_from"))
	if err != nil {
		return nil, err
	}
	p, err := c.service.Push(c.r.Context(), service.Push{
		Project: name, Revision: revision, Archive: c.r.Body, Length: c.r.ContentLength,
		From: from, Clear: c.values["clear_schedule"], ClearAll: c.flag("clear_schedule_all"),
		UserInfo: c.who.UserInfo,
	})
	if err != nil {
		return nil, clash(err)
	}
	return projectOut(&p), nil
}

// carriesArchive checks the headers of a request whose body is an archive.
func carriesArchive(r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/gzip" {
		return model.Errorf(model.Invalid, "the archive must be application/gzip, not %q", r.Header.Get("Content-Type"))
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return model.Errorf(model.Invalid, "the archive is compressed by itself, and must be sent without the Content-Encoding %q", encoding)
	}
	if r.ContentLength < 0 {
		return model.Errorf(model.Invalid, "the request must say by its Content-Length how long the archive is")
	}
	return nil
}

// maxRevisions is how many revisions are listed: the newest.
const maxRevisions = 100

func listRevisions(c *call) (any, error) {
	p, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	var list []store.Revision
	if c.given("name") {
		r, err := c.service.Revision(c.r.Context(), &p, c.query("name"))
		if err != nil && !missing(err) {
			return nil, err
		}
		if err == nil {
			list = append(list, r)
		}
	} else if list, _, err = c.store.ListRevisions(c.r.Context(), p.ID, store.Page{Limit: maxRevisions}); err != nil {
		return nil, err
	}
	return struct {
		Revisions []restRevision `json:"revisions"`
	}{outs(list, revisionOut)}, nil
}

func getArchive(c *call) (any, error) {
	p, err := c.pathProject("archive")
	if err != nil {
		return nil, err
	}
	r, err := c.service.Revision(c.r.Context(), &p, c.query("revision"))
	if err != nil {
		return nil, err
	}
	if !c.given("direct_download") || c.flag("direct_download") {
		url, err := c.service.ArchiveURL(c.r.Context(), r)
		if err != nil {
			return nil, err
		}
		if url != "" {
			return elsewhere(url), nil
		}
	}
	body, err := c.service.OpenArchive(c.r.Context(), r)
	if err != nil {
		return nil, err
	}
	return zipped{body: body, size: r.Archive.Size}, nil
}
