// Package memo says what the results of a task follow from, as a version, and takes
// over those that a task of the same version has given.
//
// A version is a hash of named parts: code, configuration, parameters, and of outputs
// of other tasks what those were made of. It knows nothing of attempts.
package memo

import (
	"context"
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Memo remembers what tasks of a project gave.
type Memo struct {
	// Addresses knows of versions. Required.
	Addresses store.Versions
	Project   model.ProjectID
	// Afresh has all tasks run; what they give is remembered.
	Afresh bool
	// Outputs looks for the outputs that tasks have kept. Nil has none.
	Outputs Outputs
}

// Outputs looks for outputs.
type Outputs interface {
	// Has reports whether what stands for an output leads to one that is there.
	Has(ctx context.Context, v params.Map) (bool, error)
}

var _ executor.Memo = Memo{}

// Recall implements executor.Memo.
func (m Memo) Recall(ctx context.Context, t *operator.Task, reads []string, asks workflow.Memo) (executor.Recalled, error) {
	parts, why, err := Version(Asked{t, reads}, asks)
	if err != nil {
		return executor.Recalled{}, err
	}
	if why != "" {
		return executor.Recalled{Reason: "not memoised: " + why}, nil
	}
	known := executor.Recalled{Version: parts.Hash()}
	if known.Outputs = known.Version; asks.IfMissing { // what it gives may be another each time
		known.Outputs = Parts{"version": known.Version, "try": fmt.Sprint(t.Session, t.ID.Attempt, t.ID.Task, t.ID.Try)}.Hash()
	}
	if m.Afresh {
		known.Reason = "version " + short(known.Version) + " is to be made again"
		return known, nil
	}
	all, err := m.Addresses.Addresses(ctx, m.Project, []string{known.Version})
	if err != nil {
		return executor.Recalled{}, err
	}
	at, found := all[known.Version]
	if !found {
		known.Reason = "version " + short(known.Version) + " was never made"
		return known, nil
	}
	gone, err := m.Gone(ctx, at)
	if err != nil {
		return executor.Recalled{}, err
	}
	if gone != "" {
		known.Reason = fmt.Sprintf("version %s was made by attempt %d, and %s is gone", short(known.Version), at.Attempt, gone)
		return known, nil
	}
	if there, err := m.use(ctx, known.Version, at, model.InstantOf(t.Now())); err != nil || !there {
		known.Reason = "version " + short(known.Version) + " has just been deleted"
		return known, err
	}
	known.Reason = fmt.Sprintf("version %s was made by %s of attempt %d", short(known.Version), at.Name, at.Attempt)
	known.Result = &engine.Result{Export: at.Gave.Export, Store: at.Gave.Store, Reset: at.Gave.Reset, Outputs: at.Gave.Outputs}
	return known, nil
}

// use sees to it that what is to be taken over is not deleted before a commit says that
// it was, and reports whether it is there still.
func (m Memo) use(ctx context.Context, version string, at store.Address, now model.Instant) (bool, error) {
	if at.Used > now.Add(-store.VersionInUse/2) {
		return true, nil // the time that it stays anyway will do
	}
	return m.Addresses.UseVersion(ctx, m.Project, version, now)
}

// errGone ends a search.
var errGone = errors.New("gone")

// Gone names an output of what a task gave that is not there any more; "" if all are.
func (m Memo) Gone(ctx context.Context, at store.Address) (gone string, err error) {
	for _, v := range []params.Map{at.Gave.Store, at.Gave.Export} {
		err := outputs(v, func(ref params.Map) error {
			has := false
			if m.Outputs != nil {
				var err error
				if has, err = m.Outputs.Has(ctx, ref); err != nil {
					return err
				}
			}
			if has {
				return nil
			}
			of, _ := outputIn(ref)
			if gone = "output " + of.text("name"); of.text("name") == "" {
				gone = "a file"
			}
			return errGone
		})
		if err != nil && !errors.Is(err, errGone) {
			return "", err
		}
		if gone != "" {
			return gone, nil
		}
	}
	return "", nil
}
