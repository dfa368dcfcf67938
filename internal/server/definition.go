package server

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/picture/outline"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

func definitionRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/attempts/{id}/definition", auth.AttemptGet, getDefinition, doc{tag: "attempt", answer: "Definition",
			summary: "What an attempt runs, which no later revision changes: as it was written, as the tree of tasks that it was compiled to, with a digest of that, and what was decided about products"}},
		{get, "/api/pawl/v1/attempts/{id}/outline", auth.AttemptGet, getAttemptOutline, doc{tag: "attempt", media: "text/plain",
			summary: "The tasks that an attempt runs as lines, with what each does and how it is run"}},
	}
}

// restVerdict is what was found about the products of a task.
type restVerdict struct {
	Task   string `json:"task"`
	Try    int32  `json:"try"`
	Skip   bool   `json:"skip"`
	Reason string `json:"reason"`
}

// digestOf is the same for definitions that do the same in the same way.
func digestOf(w *workflow.Workflow) string {
	sum := sha256.Sum256(w.AppendBinary(nil))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// pathSnapshot reads the attempt that the path names, with what it runs.
func (c *call) pathSnapshot() (*store.Snapshot, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	return c.store.Load(c.r.Context(), a.ID)
}

func getDefinition(c *call) (any, error) {
	snap, err := c.pathSnapshot()
	if err != nil {
		return nil, err
	}
	a := &snap.Attempt
	out := struct {
		AttemptID  number        `json:"attemptId"`
		Workflow   string        `json:"workflow"`
		WorkflowID optional      `json:"workflowId"`
		Revision   optional      `json:"revision"`
		Digest     string        `json:"digest"`
		Tasks      int           `json:"tasks"`
		Config     params.Map    `json:"config"`
		Root       restNode      `json:"root"`
		Verdicts   []restVerdict `json:"verdicts"`
	}{
		AttemptID: number(a.ID), Workflow: a.Session.Workflow, Digest: digestOf(snap.Definition), Tasks: snap.Definition.Root.Size(),
		Root: nodeOut(snap.Definition.Root, "", nil), Verdicts: []restVerdict{},
	}
	if a.Workflow != 0 {
		w, err := c.store.Workflow(c.r.Context(), a.Workflow)
		if err != nil && !missing(err) { // a deleted project may have lost it
			return nil, err
		}
		if err == nil {
			out.WorkflowID, out.Revision, out.Config = optional(strconv.FormatInt(int64(w.ID), 10)), optional(w.RevisionName), w.Config
		}
	}
	out.Verdicts, err = c.verdicts(a.ID)
	return out, err
}

// verdicts returns what was found about products so far, in order.
func (c *call) verdicts(id model.AttemptID) (list []restVerdict, err error) {
	list = []restVerdict{}
	for after := int64(0); ; {
		events, err := c.store.Events(c.r.Context(), id, after, store.MaxLimit)
		if err != nil || len(events) == 0 {
			return list, err
		}
		for i := range events {
			e := &events[i]
			after = e.Seq
			if e.Kind != engine.TaskJudged {
				continue
			}
			skip, _ := e.Data.Get("skip")
			reason, _ := e.Data.StringOr("reason", "")
			list = append(list, restVerdict{Task: e.Name, Try: e.Try, Skip: skip == true, Reason: reason})
		}
	}
}

func getAttemptOutline(c *call) (any, error) {
	snap, err := c.pathSnapshot()
	if err != nil {
		return nil, err
	}
	return whole{kind: "text/plain", body: []byte(outline.Text(snap.Definition))}, nil
}
