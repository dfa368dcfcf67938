package pawl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// publish stores the processes as the newest revision of the project, unless they
// are, so that servers, the command line and schedules know them.
func (e *Engine) publish(ctx context.Context, processes []Definition) error {
	current := newest(processes)
	digest := digestOf(current)
	p, err := e.store.ProjectNamed(ctx, e.cfg.Project)
	if model.CodeOf(err) == model.NotFound || err == nil && !strings.HasSuffix(p.Latest.Name, digest) {
		p, err = e.push(ctx, current, digest)
	}
	if err != nil {
		return err
	}
	e.project = p.ID
	for _, of := range current {
		w, err := e.store.WorkflowNamed(ctx, p.Latest.ID, of.name)
		if err != nil {
			return err
		}
		e.workflows[of] = w.ID
	}
	return nil
}

// newest returns the first process of each name.
func newest(processes []Definition) (list []*process) {
	seen := make(map[string]bool)
	for _, d := range processes {
		if p := d.definition(); !seen[p.name] {
			seen[p.name] = true
			list = append(list, p)
		}
	}
	return list
}

// digestOf tells revisions apart.
func digestOf(processes []*process) string {
	var form []byte
	for _, p := range processes {
		form = p.definition.AppendBinary(form)
	}
	sum := sha256.Sum256(form)
	return hex.EncodeToString(sum[:8])
}

func (e *Engine) push(ctx context.Context, processes []*process, digest string) (store.Project, error) {
	now := e.clock.Now().UTC()
	workflows := make([]store.Workflow, len(processes))
	for i, p := range processes {
		workflows[i] = store.Workflow{Name: p.name, Zone: "UTC", Config: p.written(), Definition: p.definition}
	}
	return e.store.Push(ctx, store.Push{
		Project: e.cfg.Project, Workflows: workflows,
		Revision: store.Revision{
			// The time and the rest tell it from an earlier one with the same processes.
			Name:    now.Format("20060102T150405Z") + "-" + uuid.NewString()[:8] + "-" + digest,
			Archive: store.Archive{Type: store.NoArchive}, Created: model.InstantOf(now),
		},
	})
}
