package server

import (
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/store"
)

func digestRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/digest", auth.AttemptList, getDigest, doc{tag: "workflow", summary: "How the attempts of each workflow went that ended in a time", answer: "DigestList",
			query: []param{
				{"project", "string", "name of the only project", false},
				{"workflow", "string", "the only workflow of that project", false},
				{"since", "string", "instant from which on they ended", false},
				{"until", "string", "instant before which they ended", false},
			}}},
	}
}

// restDigest has durations in seconds.
type restDigest struct {
	Project   idName  `json:"project"`
	Workflow  string  `json:"workflow"`
	Runs      int     `json:"runs"`
	Succeeded int     `json:"succeeded"`
	Failed    int     `json:"failed"`
	Killed    int     `json:"killed"`
	Average   float64 `json:"average"`
	P95       float64 `json:"p95"`
	LastID    number  `json:"lastAttemptId"`
	LastState string  `json:"lastStatus"`
	LastAt    moment  `json:"lastEndedAt"`
}

func getDigest(c *call) (any, error) {
	var of history.Query
	if err := c.eventProjects(&of); err != nil {
		return nil, err
	}
	q := store.DigestQuery{Projects: of.Projects, Workflow: of.Workflow}
	if err := c.span(&q.From, &q.Until); err != nil {
		return nil, err
	}
	list, err := c.store.Digest(c.r.Context(), q)
	if err != nil {
		return nil, err
	}
	made, err := tryOuts(list, c.digestOut)
	return struct {
		Workflows []restDigest `json:"workflows"`
	}{made}, err
}

func (c *call) digestOut(d *store.Digest) (restDigest, error) {
	project, err := c.history.Project(c.r.Context(), d.Project)
	return restDigest{
		Project: idName{number(d.Project), project}, Workflow: d.Workflow,
		Runs: d.Runs, Succeeded: d.Succeeded, Failed: d.Failed, Killed: d.Killed,
		Average: d.Average.Seconds(), P95: d.P95.Seconds(),
		LastID: number(d.Last.ID), LastState: d.Last.State.String(), LastAt: moment(d.Last.Ended),
	}, err
}
