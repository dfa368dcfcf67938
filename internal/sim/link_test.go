package sim

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/storetest"
	"github.com/pawlhq/pawl/internal/workflow"
)

// A link that loses nothing is a store.
func TestLinkWithoutFaultsIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Subject {
		w := &world{now: origin}
		s := &link{Store: memory.NewWith(&watch{world: w}), dice: newDice(1, "link"), host: sound{}}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		return storetest.Subject{Store: s, Pass: func(d time.Duration) { w.now = w.now.Add(d) }}
	})
}

// sound is a process to which nothing happens.
type sound struct{}

func (sound) faults() faults                                 { return faults{} }
func (sound) gone() bool                                     { return false }
func (sound) die(string)                                     {}
func (sound) cut() bool                                      { return false }
func (sound) stall()                                         {}
func (sound) fault(string, ...any)                           {}
func (sound) made(*store.Attempt, *workflow.Workflow)        {}
func (sound) committed(*store.Batch)                         {}
func (sound) loaded([]model.AttemptID)                       {}
func (sound) unheard([]store.Release) bool                   { return false }
func (sound) leased(int64, time.Duration)                    {}
func (sound) claimed([]model.AttemptID)                      {}
func (sound) admitted([]model.AttemptID)                     {}
func (sound) calledOff([]model.AttemptID)                    {}
func (sound) shared(int64, []admission.Claim, []model.TryID) {}
func (sound) posted([]store.Post)                            {}
func (sound) delivered(*store.Delivery, []store.Delivered)   {}
func (sound) pushed(*store.Push, *store.Project)             {}
func (sound) changed(*store.Schedule)                        {}
func (sound) fired([]store.Firing, []store.Fired)            {}
func (sound) looked()                                        {}
func (sound) sawDue(model.Instant)                           {}
