package instance

import (
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/store"
)

// otherInputs returns a Conflict where a run would take over what an earlier one of its
// session has finished with other inputs: nobody who gives others wants what those were
// for.
func (in *Instance) otherInputs(last *store.Attempt, start *store.Start, r Request, folder resume.Folder) error {
	changed := changedInputs(r.Workflow.Inputs, last.Params, start.Params)
	if len(changed) == 0 || !r.Selection.All() || in.cfg.DryRun {
		return nil
	}
	known, err := in.prepare(r, folder)
	if err != nil || len(known.earlier.Finished) == 0 {
		return err
	}
	return model.Errorf(model.Conflict, "session %s of %s has run with other values of %s", start.Session.Key, start.Session.Workflow, strings.Join(changed, ", ")).
		WithHint("--rerun runs all of it again with these, and --session chooses another session")
}

// changedInputs returns the names of the inputs whose values differ.
func changedInputs(inputs, before, now params.Map) (names []string) {
	for name := range inputs.Keys() {
		a, _ := before.Get(name)
		b, _ := now.Get(name)
		if !params.Equal(a, b) {
			names = append(names, name)
		}
	}
	return names
}
