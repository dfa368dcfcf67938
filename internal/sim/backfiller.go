package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// backfiller is who cancels backfills, and has sessions that failed run again.
type backfiller struct {
	sim  *simulation
	dice dice
}

func newBackfiller(s *simulation) *backfiller {
	return &backfiller{sim: s, dice: newDice(s.seed, "backfiller")}
}

// look does something now and then.
func (b *backfiller) look() {
	if b.sim.now >= b.sim.peace {
		return
	}
	b.sim.after(b.dice.between(2*time.Second, 30*time.Second), b.look)
	if line := b.sim.checks.anyLine(b.dice); b.sim.office.requests > 3 || line == nil {
		return
	} else if b.dice.chance(0.6) {
		b.again(line)
		return
	}
	b.cancel()
}

// again has sessions run again that failed.
func (b *backfiller) again(l *line) {
	r := service.Backfill{Name: pick(b.dice, "one", "two", "again"), FromFailure: true, From: origin.Add(-time.Hour).Time()}
	if b.dice.chance(0.5) {
		r.From = l.at.NextTime.Add(-b.dice.between(0, 10*time.Minute)).Time()
	}
	var list []store.Attempt
	b.sim.office.ask("backfill of what failed", func(p *process) (err error) {
		_, list, err = p.server.service.Backfill(context.Background(), l.at.ID, r)
		return err
	}, func(err error) {
		if err == nil {
			b.sim.checks.refilled(list)
		}
	})
}

// cancel ends some backfill.
func (b *backfiller) cancel() {
	all, _, err := b.sim.store.ListBackfills(context.Background(), store.BackfillFilter{}, store.Page{})
	if err != nil || len(all) == 0 {
		return
	}
	of := all[b.dice.IntN(len(all))]
	var ids []model.AttemptID
	b.sim.office.ask(fmt.Sprintf("cancel of backfill %s of %s", of.Name, of.Workflow), func(p *process) (err error) {
		ids, err = p.server.service.CancelBackfill(context.Background(), &of, "")
		return err
	}, func(err error) {
		if err == nil {
			b.sim.checks.cancelled(ids)
		}
	})
}
