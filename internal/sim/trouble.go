package sim

import "time"

// troublemaker does to machines what the world does: it crashes, restarts and
// pauses processes and lets clocks jump.
type troublemaker struct {
	sim  *simulation
	dice dice
}

func newTroublemaker(s *simulation) *troublemaker {
	return &troublemaker{s, newDice(s.seed, "trouble")}
}

func (t *troublemaker) look() {
	if t.sim.now >= t.sim.peace {
		return
	}
	t.sim.after(troubleEvery, t.look)
	f := t.sim.faults()
	for _, m := range t.sim.machines {
		if m.up != nil {
			t.trouble(m.up, f)
		}
	}
	if t.dice.chance(f.jump) {
		t.jump(t.dice.between(time.Second, 2*leaseFor))
	}
	if t.dice.chance(f.outage) {
		d := t.dice.between(100*time.Millisecond, 30*time.Second)
		t.sim.outage = t.sim.now.Add(d)
		t.sim.log.note(t.sim.now, "the store is away for %v", d)
		t.sim.after(d, t.sim.disturb)
	}
}

func (t *troublemaker) trouble(p *process, f faults) {
	switch {
	case t.dice.chance(f.crash):
		p.die("crash")
	case t.dice.chance(f.restart):
		if p.server == nil || p.awake() {
			p.leave()
		}
	case t.dice.chance(f.pause):
		d := t.dice.between(time.Second, 3*leaseFor)
		p.fault("pauses for %v", d)
		p.asleep = max(p.asleep, t.sim.now.Add(d))
		t.sim.at(p.asleep, t.sim.disturb)
	case t.dice.chance(f.reset):
		p.machine.watch.skew = t.dice.between(-maxSkew, maxSkew)
		p.fault("has its clock set to be off by %v", p.machine.watch.skew)
	}
}

// jump moves all clocks: everything that was to happen until then is late.
func (t *troublemaker) jump(d time.Duration) {
	t.sim.now = t.sim.now.Add(d)
	t.sim.disturb()
	t.sim.log.note(t.sim.now, "the clocks jumped by %v", d)
}
