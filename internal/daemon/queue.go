package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/pulse"
)

// queueLoop is the name of the loop of who has the run queue, by which others know.
const queueLoop = "run queue"

// strandedEvery is how often a process without the queue looks for who waits in it.
const strandedEvery = 10 * time.Second

// newAdmitter makes what admits attempts. Where the queue is switched off, whoever
// waits in it still, or will once a session has ended, is let in without limits, as
// nobody else would: unless other processes do, with limits of theirs.
func (d *Daemon) newAdmitter() (*conductor.Admitter, error) {
	cfg := conductor.AdmitterConfig{Store: d.cfg.Store, Limits: d.cfg.Limits, Clock: d.cfg.Clock}
	if d.cfg.Limits != nil {
		cfg.Turned = d.cfg.Heart.Loop(queueLoop, turnWithin).Turn
		return conductor.NewAdmitter(cfg), nil
	}
	limits, err := admission.NewLimits(nil)
	if err != nil {
		return nil, err
	}
	cfg.Limits, cfg.Rest, cfg.May = limits, strandedEvery, d.stranded()
	return conductor.NewAdmitter(cfg), nil
}

// stranded returns what tells whether nobody lives that has the queue. While somebody
// does, it warns of that, once.
func (d *Daemon) stranded() func(context.Context) (bool, error) {
	warned := false
	return func(ctx context.Context) (bool, error) {
		all, err := pulse.Read(ctx, d.cfg.Store, d.cfg.Clock.Now())
		if err != nil {
			return false, err
		}
		i := slices.IndexFunc(all, func(s pulse.Status) bool {
			return s.State != pulse.Dead && slices.ContainsFunc(s.Loops, func(l pulse.Loop) bool { return l.Name == queueLoop })
		})
		if i >= 0 && !warned {
			d.cfg.Log.Warn("runs wait in the queue of another server, which this one is without: give both the same queue.type", "server", all[i].Name)
		}
		warned = i >= 0
		return i < 0, nil
	}
}

// pools are the sizes of pools, which tasks take slots of on a server.
func (d *Daemon) pools() map[string]int {
	if d.cfg.Pools == nil {
		return map[string]int{}
	}
	return d.cfg.Pools
}
