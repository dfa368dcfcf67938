package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/pulse"
)

// processes looks who works on the database, and at what waits in it to be sent. It
// does not make tables.
func (d *doctor) processes(ctx context.Context) {
	const check = "processes"
	if d.databaseKind() == kindMemory || d.err != nil {
		return
	}
	if pending, _, err := Pending(ctx, d.Config); err != nil || len(pending) > 0 {
		return // which is told already
	}
	of, err := d.openStore(ctx)
	if err != nil {
		d.failed(check, err, "")
		return
	}
	now := time.Now()
	d.outbox(ctx, of, now)
	found, err := pulse.Read(ctx, of, now)
	if err = errors.Join(err, of.Close()); err != nil {
		d.failed(check, err, "")
		return
	}
	if len(found) == 0 {
		d.found(check, Note, "", "no server or worker runs on this database")
	}
	for i := range found {
		d.process(check, &found[i], now)
	}
}

// process tells of one process, and of its loops with which something is wrong.
func (d *doctor) process(check string, s *pulse.Status, now time.Time) {
	who := fmt.Sprintf("%s of process %d on %s", s.Kind, s.PID, s.Host)
	silence := now.Sub(s.Seen).Round(time.Second)
	switch s.State {
	case pulse.Dead:
		d.found(check, Note, "others go on with its work; it is told of for a day", "the %s is dead: it was not heard of for %v", who, silence)
		return
	case pulse.Late:
		d.found(check, Note, "look again in a minute", "the %s is late: it was not heard of for %v", who, silence)
		return
	}
	var names []string
	healthy := true
	for i, l := range s.Loops {
		names = append(names, l.Name)
		switch {
		case s.LoopStates[i] != pulse.Live:
			healthy = false
			d.found(check, Problem, "restart it; its log may tell why", "the %s of the %s is %s: it does not go round", l.Name, who, s.LoopStates[i])
		case l.Failing:
			healthy = false
			d.found(check, Problem, "its log tells more", "the %s of the %s fails: %s", l.Name, who, l.Errors[0].Message)
		}
	}
	if healthy {
		d.found(check, Fine, "", "the %s lives: %s", who, strings.Join(names, ", "))
	}
}
