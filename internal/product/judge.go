package product

import "math"

// moment is a time that may be missing.
type moment struct {
	known bool
	at    float64
}

func (s Stamp) moment() moment { return moment{s.Timed, s.Time} }

// newer tells whether m is after another moment.
func (m moment) newer(other moment) bool {
	return m.known && other.known && m.at > other.at
}

// with returns the minimum of m and the moments before it, if there are any. It
// is missing if one of them is.
func (m moment) with(before moment, some bool) moment {
	switch {
	case !some:
		return m
	case !m.known || !before.known:
		return moment{}
	case m.at < before.at:
		return m
	}
	return before
}

// upstream is what the tasks that one needs say together, so that each product
// is compared with all of them at once. A place is -1 where there is no such
// task.
type upstream struct {
	any    bool
	newest moment

	newestAt, timelessAt, staleAt, fetchableAt, brokenAt int
}

func (p *Plan) upstream(task int) upstream {
	up := upstream{newestAt: -1, timelessAt: -1, staleAt: -1, fetchableAt: -1, brokenAt: -1}
	for _, u := range p.tasks[task].Upstream {
		up.add(u, &p.states[u])
	}
	return up
}

func (up *upstream) add(u int, s *state) {
	up.any = true
	switch {
	case !s.then.known:
		noteFirst(&up.timelessAt, u)
	case !math.IsNaN(s.then.at) && (!up.newest.known || s.then.newer(up.newest)):
		up.newest, up.newestAt = s.then, u
	}
	switch s.out {
	case stale:
		noteFirst(&up.staleAt, u)
	case fetchable:
		noteFirst(&up.fetchableAt, u)
	case broken:
		noteFirst(&up.brokenAt, u)
	case current:
	}
}

func noteFirst(place *int, u int) {
	if *place < 0 {
		*place = u
	}
}

// outdates tells whether a product made at a moment is outdated by what its task
// needs, not counting what is to be fetched.
func (up *upstream) outdates(own moment) bool {
	return up.any && (!own.known || up.timelessAt >= 0 || up.staleAt >= 0 || up.newest.newer(own))
}

// judgement is what is found out about a task.
type judgement struct {
	plan *Plan
	task int
	up   upstream

	out  outdated
	then moment // when the products were made, once what is to be fetched is
	data bool   // the task is outdated by what it needs
	code bool   // ... by its code
	why  cause

	asked struct { // the last answer about code, which many products share
		print Print
		d     difference
	}
}

// judge finds out whether a task is outdated.
func (p *Plan) judge(task int) judgement {
	j := p.judgement(task)
	products := p.tasks[task].Products
	for k := range products {
		out := j.product(k)
		j.out = max(j.out, out)
		made := products[k].made()
		if out == fetchable {
			made = products[k].Remote.moment()
		}
		j.then = made.with(j.then, k > 0)
	}
	return j
}

func (p *Plan) judgement(task int) judgement {
	j := judgement{plan: p, task: task, up: p.upstream(task)}
	p.tasks[task].SetPrints(nil)
	if j.up.brokenAt >= 0 {
		j.out = broken
		j.blame(cause{kind: damagedAbove, at: j.up.brokenAt})
	}
	return j
}

// made returns when a product was made, as its record says.
func (p *Product) made() moment {
	if !p.Exists {
		return moment{}
	}
	return p.Local.moment()
}

// product judges a product by the record here and by the remote one.
func (j *judgement) product(k int) outdated {
	local := j.local(k)
	p := &j.plan.tasks[j.task].Products[k]
	if p.Remote.State == Absent || local == broken {
		return local
	}
	remote := j.remote(k)
	if remote == broken {
		return broken
	}
	same, err := j.sameRecords(k)
	switch {
	case err != nil:
		return j.damaged(k, err)
	case same:
		return remote
	case remote == current:
		return fetchable
	}
	return local
}

// local judges a product by its record, and blames what outdates it.
func (j *judgement) local(k int) outdated {
	p := &j.plan.tasks[j.task].Products[k]
	own := p.made()
	outdated := j.up.fetchableAt >= 0 || j.up.outdates(own)
	if outdated {
		j.data = true
		j.blameUpstream(k, own)
	}
	if !p.Exists || p.Local.State == Absent || p.Local.State == Unfinished {
		j.code = true
		return j.withoutRecord(k, outdated)
	}
	d := j.difference(k, false, p.Local)
	if d.err != nil {
		return j.damaged(k, d.err)
	}
	if d.above {
		j.data, outdated = true, true
		j.blame(cause{kind: upstreamChanged, at: k, difference: d})
	}
	if d.differs() {
		j.code = true
		if !j.plan.o.IgnoreCode {
			outdated = true
			j.blame(cause{kind: codeChanged, at: k, difference: d})
		}
	}
	if outdated {
		return stale
	}
	return current
}

// withoutRecord judges a product that has no record that counts.
func (j *judgement) withoutRecord(k int, byUpstream bool) outdated {
	p := &j.plan.tasks[j.task].Products[k]
	switch {
	case !p.Exists:
		j.blame(cause{kind: missing, at: k})
	case p.Local.State == Unfinished:
		j.blame(cause{kind: unfinished, at: k})
	case !j.plan.o.IgnoreCode:
		j.blame(cause{kind: noRecord, at: k})
	case !byUpstream:
		return current // nothing is known about it that could be outdated
	}
	return stale
}

// remote judges a product by the record that the remote storage has. Tasks that
// are to be fetched themselves do not outdate it.
func (j *judgement) remote(k int) outdated {
	stamp := j.plan.tasks[j.task].Products[k].Remote
	d := j.difference(k, true, stamp)
	switch {
	case d.err != nil:
		return j.damaged(k, d.err)
	case j.up.outdates(stamp.moment()), d.above, d.differs() && !j.plan.o.IgnoreCode, stamp.State == Unfinished:
		return stale
	}
	return current
}

// sameRecords tells whether the record here and the remote one are of one run.
func (j *judgement) sameRecords(k int) (bool, error) {
	p := &j.plan.tasks[j.task].Products[k]
	if !p.Exists || p.Local.State != p.Remote.State || p.Local.moment() != p.Remote.moment() {
		return false, nil
	}
	if p.Local.Print == p.Remote.Print && p.Local.Print != (Print{}) {
		return true, nil
	}
	local, err := j.plan.o.Load(j.task, k, false)
	if err != nil {
		return false, err
	}
	remote, err := j.plan.o.Load(j.task, k, true)
	return err == nil && local.equal(remote), err
}

func (j *judgement) damaged(k int, err error) outdated {
	j.blame(cause{kind: damaged, at: k, err: err})
	return broken
}
