package server

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func searchRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/attempts", auth.AttemptList, searchAttempts, doc{tag: "attempt", answer: "AttemptPage",
			summary: "Attempts that match, the newest first: of each session the last one, or all. A page may have fewer entries than asked for, even none, as long as there is a next one",
			query: []param{
				{"project", "string", "name of the only project", false},
				{"workflow", "string", "the only workflow of that project", false},
				{"revision", "string", "name of the only revision of that project", false},
				{"status", "string", "running (those that are queued among them), queued, success, error or killed", false},
				{"session_key", "string", "beginning of the keys of sessions; that of a session time is like 2026-01-30T00:00:00Z", false},
				{"since", "string", "instant from which on they were made", false},
				{"until", "string", "instant before which they were made", false},
				{"param", "array", "NAME=VALUE: a parameter that has the value now; dots in the name lead into objects, and a number or a boolean is what is written like it", false},
				{"topic", "string", "those with a task that waits for messages to this topic", false},
				{"key", "string", "and for this key of it", false},
				valueQuery,
				tagQuery, tagsQuery,
				{"group", "string", "id of an attempt: it, those that it runs again, and all that run those again", false},
				{"all", "boolean", "all attempts of sessions, and not the last ones only", false},
				rowsQuery, pageQuery, lastID,
			}}},
	}
}

// searchSteps bounds how often one request looks at DefaultLook attempts, which its
// projects share.
const searchSteps = 10

// mostParams bounds the parameters that one search is about.
const mostParams = 10

func searchAttempts(c *call) (any, error) {
	s, err := c.search()
	if err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	if page.Cursor == "" && c.given("last_id") {
		if page.Cursor, _, err = c.below(); err != nil {
			return nil, err
		}
	}
	wanted, past, err := page.Bounds()
	if err != nil {
		return nil, err
	}
	list, next, err := c.searched(s, wanted, past)
	if err != nil {
		return nil, err
	}
	made, err := tryOuts(list, c.attemptOut)
	if err == nil && c.flag("tags") {
		err = c.withTags(made)
	}
	return struct {
		Attempts []restAttempt `json:"attempts"`
		Next     optional      `json:"next"`
	}{made, optional(next)}, err
}

// search reads what is looked for, if the principal may see the project.
func (c *call) search() (s store.Search, err error) {
	s.Stored, s.Last, s.Key = true, !c.flag("all"), c.query("session_key")
	if err := c.inProject(&s); err != nil {
		return s, err
	}
	switch status := c.query("status"); status {
	case "":
	case engine.AttemptRunning.String():
		s.Running = true
	case queuedStatus:
		s.Queued = true
	default:
		states := []engine.AttemptState{engine.AttemptSuccess, engine.AttemptFailed, engine.AttemptKilled}
		i := slices.IndexFunc(states, func(of engine.AttemptState) bool { return of.String() == status })
		if i < 0 {
			e := model.Errorf(model.Invalid, "status %q is none of running, queued, success, error and killed", status)
			if near := document.DidYouMean(status, []string{"running", queuedStatus, "success", "error", "killed"}); near != "" {
				e = e.WithHint("%s", near)
			}
			return s, e
		}
		s.Ended = states[i]
	}
	if err := c.span(&s.From, &s.Until); err != nil {
		return s, err
	}
	if len(c.values["param"]) > mostParams {
		return s, model.Errorf(model.Invalid, "a search is about %d parameters at most, not %d", mostParams, len(c.values["param"]))
	}
	for _, text := range c.values["param"] {
		v, err := store.ParseParamValue(text)
		if err != nil {
			return s, err
		}
		s.Params = append(s.Params, v)
	}
	if s.Tags, err = tagsIn(c.values["tag"]); err != nil {
		return s, err
	}
	if err := c.inGroup(&s); err != nil {
		return s, err
	}
	s.Awaits = store.SubscriptionFilter{Topic: c.query("topic"), Param: c.query("key"), Value: c.keyValue()}
	return s, s.Check()
}

// inGroup reads the attempt whose group a search is about.
func (c *call) inGroup(s *store.Search) error {
	if !c.given("group") {
		return nil
	}
	id, err := strconv.ParseInt(c.query("group"), 10, 64)
	if err != nil || id < 1 {
		return model.Errorf(model.Invalid, "group is %q, but must be the id of an attempt", c.query("group"))
	}
	a, err := c.service.Attempt(c.r.Context(), model.AttemptID(id))
	if err == nil {
		err = c.allowIn(a.Session.Project, fmt.Sprintf("attempt %d", id))
	}
	if err != nil {
		return err
	}
	tags, err := c.store.TagsOf(c.r.Context(), []model.AttemptID{a.ID})
	_, root := tags[a.ID].Line()
	s.Group, s.Last = cmp.Or(root, a.ID), false
	return err
}

// inProject reads the project that a search is about, and what is in it.
func (c *call) inProject(s *store.Search) error {
	if !c.given("project") {
		if c.given("workflow") || c.given("revision") {
			return model.Errorf(model.Invalid, "a workflow, or a revision, is one of a project").WithHint("name the project, too")
		}
		return nil
	}
	of, err := c.store.ProjectNamed(c.r.Context(), c.query("project"))
	if err != nil {
		return err
	}
	if err := c.allow(of.Name, ""); err != nil {
		return err
	}
	s.Project, s.Workflow = of.ID, c.query("workflow")
	if !c.given("revision") {
		return nil
	}
	r, err := c.service.Revision(c.r.Context(), &of, c.query("revision"))
	s.Revision = r.ID
	return err
}

// searched finds attempts with ids below one in the projects that the principal sees.
func (c *call) searched(s store.Search, wanted int, past int64) ([]store.Attempt, string, error) {
	v := c.visible()
	if s.Project != 0 || v.All {
		list, rest, err := c.searchOne(s, wanted, past)
		return list, cursorAt(rest), err
	}
	var all []store.Attempt
	down := int64(0) // to where all projects were looked through
	s.Look = max(1, store.DefaultLook/max(1, len(v.Projects)))
	for _, name := range v.Projects {
		p, err := c.store.ProjectNamed(c.r.Context(), name)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		s.Project = p.ID
		list, rest, err := c.searchOne(s, wanted, past)
		if err != nil {
			return nil, "", err
		}
		all, down = append(all, list...), max(down, rest)
	}
	all = slices.DeleteFunc(all, func(a store.Attempt) bool { return int64(a.ID) < down })
	slices.SortFunc(all, func(a, b store.Attempt) int { return cmp.Compare(b.ID, a.ID) })
	if len(all) > wanted {
		all = all[:wanted]
		down = int64(all[wanted-1].ID)
	}
	return all, cursorAt(down), nil
}

// searchOne finds attempts, and returns the id below which there may be more; 0 if
// there are none.
func (c *call) searchOne(s store.Search, wanted int, past int64) (all []store.Attempt, rest int64, err error) {
	rest = past
	for range searchSteps {
		list, next, err := c.store.SearchAttempts(c.r.Context(), s, store.Page{Limit: wanted - len(all), Cursor: cursorAt(rest)})
		if err != nil {
			return nil, 0, err
		}
		all = append(all, list...)
		if _, rest, err = (store.Page{Cursor: next}).Bounds(); err != nil || rest == 0 || len(all) == wanted {
			return all, rest, err
		}
	}
	return all, rest, nil
}

// cursorAt is the cursor of what is below an id; "" for 0.
func cursorAt(id int64) string {
	if id == 0 {
		return ""
	}
	return store.CursorAfter(id)
}
