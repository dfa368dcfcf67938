package server

import (
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pulse"
)

type restProcess struct {
	Name      string      `json:"name"`
	Kind      string      `json:"kind"`
	Host      string      `json:"host"`
	PID       int         `json:"pid"`
	Version   string      `json:"version"`
	StartedAt moment      `json:"startedAt"`
	SeenAt    moment      `json:"seenAt"`
	State     pulse.State `json:"state"`
	Loops     []restLoop  `json:"loops"`
}

type restLoop struct {
	Name     string      `json:"name"`
	State    pulse.State `json:"state"`
	TurnedAt moment      `json:"turnedAt"`
	Failing  bool        `json:"failing"`
	Errors   []restFault `json:"errors"`
}

type restFault struct {
	At      moment `json:"at"`
	Times   int    `json:"times"`
	Message string `json:"message"`
}

func processRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/processes", auth.ProcessList, listProcesses, doc{
			tag: "server", summary: "The servers and workers of the database, with what their loops do and whether they live", answer: "ProcessList",
		}},
	}
}

func listProcesses(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	found, err := pulse.Read(c.r.Context(), c.store, c.cfg.Clock.Now())
	if err != nil {
		return nil, err
	}
	return struct {
		Processes []restProcess `json:"processes"`
	}{outs(found, processOut)}, nil
}

// momentOf is the moment of a time, which may be none.
func momentOf(t time.Time) moment {
	if t.IsZero() {
		return 0
	}
	return moment(model.InstantOf(t))
}

func processOut(s *pulse.Status) restProcess {
	p := restProcess{
		Name: s.Name, Kind: s.Kind, Host: s.Host, PID: s.PID, Version: s.Version,
		StartedAt: momentOf(s.Started), SeenAt: momentOf(s.Seen), State: s.State, Loops: make([]restLoop, len(s.Loops)),
	}
	for i, l := range s.Loops {
		p.Loops[i] = restLoop{
			Name: l.Name, State: s.LoopStates[i], TurnedAt: momentOf(l.Turned), Failing: l.Failing,
			Errors: outs(l.Errors, func(f *pulse.Fault) restFault { return restFault{momentOf(f.At), f.Times, f.Message} }),
		}
	}
	return p
}
