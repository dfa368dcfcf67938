package server

import (
	"net/http"

	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/model"
)

func hookRoutes() []route {
	return []route{
		{post, "/api/pawl/v1/hooks/{name}", "", takeMessage, doc{tag: "signal", body: "Value", answer: "Delivered", accepted: "Delivered",
			summary: "Send a message as the hook is configured; whoever signs it so needs no login"}},
	}
}

func takeMessage(c *call) (any, error) {
	hook := c.cfg.Hooks[c.r.PathValue("name")]
	if hook == nil {
		return nil, model.Errorf(model.NotFound, "hook %q", c.r.PathValue("name"))
	}
	d, err := hook.Take(c.w, c.r, c.store)
	switch status := webhook.Status(d, err); {
	case err == nil:
		return reply{status, deliveredOut(d)}, nil
	case status == http.StatusRequestEntityTooLarge:
		return reply{status, failure{Message: err.Error(), Status: status}}, nil
	}
	return nil, err
}

// reply is an answer of JSON with a status of its own.
type reply struct {
	status int
	body   any
}

func (r reply) send(c *call) error { return c.json(r.status, r.body) }
