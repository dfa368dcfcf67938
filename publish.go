package pawl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// publish stores the processes as the newest revision of the project, unless they
// are, so that servers, the command line and schedules know them. It reports whether
// some have a schedule.
func (e *Engine) publish(ctx context.Context, processes []Definition) (scheduled bool, err error) {
	current, of, err := newest(processes)
	if err != nil {
		return false, err
	}
	digest := digestOf(current)
	p, err := e.store.ProjectNamed(ctx, e.cfg.Project)
	if model.CodeOf(err) == model.NotFound || err == nil && !strings.HasSuffix(p.Latest.Name, digest) {
		p, err = e.push(ctx, current, digest)
	}
	if err != nil {
		return false, err
	}
	e.project = p.ID
	for i := range current {
		w, err := e.store.WorkflowNamed(ctx, p.Latest.ID, current[i].Name)
		if err != nil {
			return false, err
		}
		e.workflows[of[i]] = w.ID
		scheduled = scheduled || current[i].Definition.Schedule.Len() > 0
	}
	return scheduled, nil
}

// newest returns the first process of each name, as it is stored.
func newest(processes []Definition) (list []store.Workflow, of []*process, err error) {
	seen := make(map[string]bool)
	for _, d := range processes {
		p := d.definition()
		if seen[p.name] {
			continue
		}
		seen[p.name] = true
		w, err := published(d)
		if err != nil {
			return nil, nil, err
		}
		list, of = append(list, w), append(of, p)
	}
	return list, of, nil
}

// digestOf tells revisions apart.
func digestOf(all []store.Workflow) string {
	var form []byte
	for i := range all {
		form = params.AppendJSON(all[i].Definition.AppendBinary(form), all[i].Config)
	}
	sum := sha256.Sum256(form)
	return hex.EncodeToString(sum[:8])
}

func (e *Engine) push(ctx context.Context, all []store.Workflow, digest string) (store.Project, error) {
	now := e.clock.Now().UTC()
	return e.store.Push(ctx, store.Push{
		Project: e.cfg.Project, Workflows: all, Schedules: reschedule(now),
		Revision: store.Revision{
			// The time and the rest tell it from an earlier one with the same processes.
			Name:    now.Format("20060102T150405Z") + "-" + uuid.NewString()[:8] + "-" + digest,
			Archive: store.Archive{Type: store.NoArchive}, Created: model.InstantOf(now),
		},
	})
}
