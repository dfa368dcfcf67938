package skips_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// unit is one task, once grids are gone through.
type unit struct {
	*task
	name  string
	paths []string // of its products, below the project
	g     string   // what the grid gives it
	above []above
}

// above is a task that another one comes after, and the pattern that found it.
type above struct {
	group string
	*unit
}

// units returns the tasks of a definition, each after those that it needs.
func (d *definition) units() []*unit {
	var all []*unit
	made := make(map[int][]*unit)
	for i := range d.tasks {
		t := &d.tasks[i]
		var list []*unit
		if !t.gridded {
			list = append(list, &unit{task: t, name: t.called()})
		}
		for n, g := range t.grid {
			list = append(list, &unit{task: t, name: fmt.Sprint(t.called(), n), g: fmt.Sprint(g)})
		}
		for n, u := range list {
			index := ""
			if t.gridded {
				index = fmt.Sprint("-", n)
			}
			for k := range t.products {
				u.paths = append(u.paths, t.path(k, d.place, index))
			}
			for _, id := range t.up {
				for _, up := range made[id] {
					group := ""
					if up.gridded {
						group = up.reference()
					}
					u.above = append(u.above, above{group, up})
				}
			}
		}
		made[t.id] = list
		all = append(all, list...)
	}
	return all
}

// needs returns a task and all that it comes after.
func (u *unit) needs() map[string]bool {
	all := map[string]bool{u.name: true}
	for _, up := range u.above {
		for name := range up.needs() {
			all[name] = true
		}
	}
	return all
}

// given is what a task gets beside products: what was loaded, and what it reads.
func (d *definition) given(u *unit) string { return d.loaded(u) + d.reads(u) }

func (d *definition) loaded(u *unit) string {
	text := fmt.Sprint("p=", u.param, " g=", u.g)
	if u.word {
		text += " w=" + d.word
	}
	return text
}

func (d *definition) reads(u *unit) string {
	if u.data == 0 {
		return ""
	}
	return " d=" + dataText(d.data[u.data-1])
}

// asRead is a task with the source that it has when it runs.
func (d *definition) asRead(u *unit) *unit {
	if u.kind == shell || u.kind == query { // which is rendered before
		return u
	}
	now := *u
	now.task = d.by(u.id)
	return &now
}

// madeOf is what a task gets of others.

func (u *unit) madeOf() string {
	var list []string
	for _, up := range u.above {
		list = append(list, fmt.Sprint(up.group, "/", up.name, up.products, up.paths))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// code is the source as comparisons see it: without what does not count in its
// language, and rendered where that is what is stored.
func (d *definition) code(u *unit) string {
	text := fmt.Sprint("v", u.version)
	switch u.kind {
	case function:
		text += fmt.Sprint(" f", u.id)
	case script:
		text += fmt.Sprint(" c", u.cosmetic)
	case shell:
		text += fmt.Sprint(" c", u.cosmetic, u.param, u.g, d.folder, u.paths)
		if u.word {
			text += d.word
		}
		if d.inSource {
			for _, up := range u.above {
				text += fmt.Sprint(up.paths)
			}
		}
		return text
	case query:
		text += fmt.Sprint(u.param, u.g)
		if u.word {
			text += d.word
		}
		return text
	}
	if d.inSource {
		text += fmt.Sprint(d.references(u.task))
	}
	return text
}

// make returns what a task writes to its product k: a function of what its source
// means, of its parameters, and of what is in the products above. It reads files
// as they are now.
func (d *definition) make(now *definition, u *unit, k int, read func(up *unit, k int) string) string {
	text := fmt.Sprintf("v%d %s", now.asRead(u).version, d.loaded(u)+now.reads(u))
	for _, up := range u.above {
		for n := range up.paths {
			text += fmt.Sprintf("\n%s/%s %s: %s", up.group, up.name, keyOf(up.unit, n), read(up.unit, n))
		}
	}
	return written(text, keyOf(u, k))
}

func keyOf(u *unit, k int) string {
	if u.products == 1 {
		return ""
	}
	return key(k)
}

// written is what is in a product, short.
func written(text, key string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text+"\n"+key)))[:12]
}

// clean returns what a product holds where all is made anew.
func (d *definition) clean(u *unit, k int, known map[string]string) string {
	at := fmt.Sprint(u.name, " ", k)
	if text, ok := known[at]; ok {
		return text
	}
	text := d.make(d, u, k, func(up *unit, k int) string { return d.clean(up, k, known) })
	known[at] = text
	return text
}

// disk is what is in the folder of the project, by path.
type disk map[string]*product

type product struct {
	exists  bool
	content string
	state   state
	record  record
}

// state says what there is of a record.
type state int

const (
	absent state = iota
	mark         // of a run that did not end well
	empty        // a record without entries
	damaged
	stored
)

type record struct {
	at           int // when; 0 says that it does not tell
	code, params string
	madeOf       string
	told         bool // whether it tells what it is made of
	honest       bool // nobody has changed when it was made
}

func (on disk) at(path string) *product {
	p := on[path]
	if p == nil {
		p = &product{}
		on[path] = p
	}
	return p
}

// made is when the products of a task were made: the oldest counts, and nobody
// knows it where one does not tell.
func (on disk) made(u *unit) int {
	least := 0
	for k, path := range u.paths {
		p := on.at(path)
		if !p.exists || p.state != stored || p.record.at == 0 {
			return 0
		}
		if k == 0 || p.record.at < least {
			least = p.record.at
		}
	}
	return least
}

// judge says whether a task is outdated by what is written about it, and by
// those above that are told to be.
func (d *definition) judge(on disk, u *unit, outdated func(*unit) bool) bool {
	for _, path := range u.paths {
		p := on.at(path)
		r := &p.record
		if !p.exists || p.state != stored || r.code != d.code(u) || r.params != d.given(u) || r.told && r.madeOf != u.madeOf() {
			return true
		}
		for _, up := range u.above {
			if made := on.made(up.unit); r.at == 0 || made == 0 || made > r.at || outdated(up.unit) {
				return true
			}
		}
	}
	return false
}

// outdated returns the names of the tasks that are outdated.
func (d *definition) outdated(on disk, all []*unit) map[string]bool {
	found := make(map[string]bool)
	for _, u := range all {
		found[u.name] = d.judge(on, u, func(up *unit) bool { return found[up.name] })
	}
	return found
}

// broken reports whether nothing can be said about a task.
func (on disk) broken(u *unit) bool {
	return slices.ContainsFunc(u.paths, func(path string) bool { p := on.at(path); return p.exists && p.state == damaged })
}

// deceived returns the tasks about which records can't tell the truth, because
// somebody has changed them or they say too little.
func (d *definition) deceived(on disk, all []*unit) map[string]bool {
	found := make(map[string]bool)
	for _, u := range all {
		for _, path := range u.paths {
			r := &on.at(path).record
			if on.at(path).state == stored && (!r.honest || !r.told && r.madeOf != u.madeOf()) {
				found[u.name] = true
			}
		}
		for _, up := range u.above {
			if found[up.name] {
				found[u.name] = true
			}
		}
	}
	return found
}

// fate is what happens to a task that runs.
type fate int

const (
	endsWell fate = iota
	failsAtOnce
	failsHalfWay
	failsAtTheEnd
	lacksOne // of the products, which it has removed, and says that all is well
	cutOff   // together with the build, when all is written
)

// half is what a product holds whose task has not written all of it.
const half = "half"

// run performs a task, of which files may be others by now, and reports whether it
// ended well.
func (d *definition) run(on disk, files *definition, u *unit, f fate, now int) bool {
	missing := false
	for _, path := range u.paths {
		on.at(path).state = mark
	}
	for _, up := range u.above {
		for _, path := range up.paths {
			missing = missing || !on.at(path).exists
		}
	}
	if missing || f == failsAtOnce {
		return false
	}
	for k, path := range u.paths {
		p := on.at(path)
		p.exists = true
		if f == failsHalfWay {
			p.content = half
			return false
		}
		p.content = d.make(files, u, k, func(up *unit, k int) string { return on.at(up.paths[k]).content })
	}
	switch f {
	case lacksOne:
		last := on.at(u.paths[len(u.paths)-1])
		last.exists, last.content = false, ""
		return false
	case failsAtTheEnd, cutOff:
		return false
	}
	if d.code(files.asRead(u)) != d.code(u) || files.reads(u) != d.reads(u) {
		return true // no record would tell the truth
	}
	for _, path := range u.paths {
		p := on.at(path)
		p.state = stored
		p.record = record{at: now, code: d.code(u), params: d.given(u), madeOf: u.madeOf(), told: true, honest: true}
	}
	return true
}
