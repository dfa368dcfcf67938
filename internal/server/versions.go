package server

import (
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

// versionRoutes are about what memoised tasks gave.
func versionRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/projects/{id}/versions", auth.TaskList, listVersions, doc{tag: "project", answer: "VersionList",
			summary: "Which tasks made what is of some versions, the newest of each. Those that nobody made, or not any more, are left out",
			query:   []param{{"version", "array", "the versions, up to 1000", true}}}},
	}
}

// mostVersions bounds the versions of a request.
const mostVersions = 1000

type restVersion struct {
	Version   string `json:"version"`
	AttemptID number `json:"attemptId"`
	Workflow  string `json:"workflow"`
	Task      string `json:"task"`
	MadeAt    moment `json:"madeAt"`
	UsedAt    moment `json:"usedAt"`
}

func listVersions(c *call) (any, error) {
	p, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	asked := c.values["version"]
	switch {
	case len(asked) == 0:
		return nil, unasked("version")
	case len(asked) > mostVersions:
		return nil, model.Errorf(model.Invalid, "%d versions are too many: at most %d may be asked for at once", len(asked), mostVersions)
	}
	found, err := c.store.Addresses(c.r.Context(), p.ID, asked)
	if err != nil {
		return nil, err
	}
	list := make([]restVersion, 0, len(found))
	for _, v := range slices.Sorted(maps.Keys(found)) {
		a := found[v]
		list = append(list, restVersion{v, number(a.Attempt), a.Workflow, a.Name, moment(a.Made), moment(a.Used)})
	}
	return struct {
		Versions []restVersion `json:"versions"`
	}{list}, nil
}
