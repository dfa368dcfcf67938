package ploomber_test

import (
	"fmt"
	"slices"
	"strings"
)

// model is a pipeline as the rules for what is up to date see it: what is
// written, and what was made of it when. It knows nothing of files, and decides
// about one task at a time, in the plainest way there is.
type model struct {
	tasks []*modelTask // each comes after those that it needs
	word  string       // of env.yaml
	clock int          // counts what was stored
}

type modelTask struct {
	name     string
	upstream []*modelTask
	function bool
	products []*modelProduct
	version  int  // of the source
	cosmetic int  // of what is a comment to Python
	param    int  // in pipeline.yaml
	word     bool // whether it uses that of env.yaml
	fails    bool // whether it fails half way
}

type modelProduct struct {
	path    string
	exists  bool
	content string
	record  modelRecord
}

// modelRecord is what is stored with a product.
type modelRecord struct {
	damaged      bool
	at           int // when; 0 says that nobody knows
	code, params string
}

// code is the source as comparisons see it.
func (t *modelTask) code() string {
	if t.function {
		return fmt.Sprint("v", t.version)
	}
	return fmt.Sprintf("v%d %d %s", t.version, t.cosmetic, t.params(nil))
}

func (t *modelTask) params(m *model) string {
	if t.word && m != nil {
		return fmt.Sprintf("%d %s", t.param, m.word)
	}
	return fmt.Sprint(t.param)
}

// made is when the products were made: the oldest counts, and nobody knows it
// where one has no record.
func (t *modelTask) made() int {
	at := t.products[0].record.at
	for _, p := range t.products {
		if !p.exists || p.record.at == 0 {
			return 0
		}
		at = min(at, p.record.at)
	}
	return at
}

// broken reports whether nothing can be said about a task.
func (m *model) broken(t *modelTask) bool {
	return slices.ContainsFunc(t.products, func(p *modelProduct) bool { return p.exists && p.record.damaged })
}

// outdated says whether the products are not what they should be.
func (m *model) outdated(t *modelTask) bool {
	for _, p := range t.products {
		if !p.exists || p.record.at == 0 || p.record.code != t.code() || p.record.params != t.params(m) {
			return true
		}
		for _, up := range t.upstream {
			if up.made() == 0 || up.made() > p.record.at || m.outdated(up) {
				return true
			}
		}
	}
	return false
}

// needs returns a task and all that it comes after.
func (t *modelTask) needs() map[*modelTask]bool {
	all := map[*modelTask]bool{t: true}
	for _, up := range t.upstream {
		for one := range up.needs() {
			all[one] = true
		}
	}
	return all
}

// build brings tasks up to date and returns the names of those that were run: no
// others may be.
func (m *model) build(asked func(*modelTask) bool, force bool) (ran []string) {
	wanted, failed := make(map[*modelTask]bool), make(map[*modelTask]bool)
	for _, t := range m.tasks {
		wanted[t] = asked(t) && (force || m.outdated(t))
	}
	for _, t := range m.tasks {
		switch {
		case !wanted[t]:
			continue
		case slices.ContainsFunc(t.upstream, func(up *modelTask) bool { return failed[up] }):
			failed[t] = true // it is not reached
			continue
		}
		ran = append(ran, t.name)
		failed[t] = !m.run(t)
	}
	return ran
}

// run performs a task and reports whether it ended well.
func (m *model) run(t *modelTask) bool {
	var text strings.Builder
	missing := false
	for _, up := range t.upstream {
		for _, p := range up.products {
			missing = missing || !p.exists
			text.WriteString(p.content)
		}
	}
	m.clock++
	for _, p := range t.products {
		p.record = modelRecord{}
	}
	if missing {
		return false // before it writes anything
	}
	first := t.products[0]
	first.exists, first.content = true, fmt.Sprintf("%s v%d %s\n", t.name, t.version, t.params(m))
	if t.fails {
		return false
	}
	for _, p := range t.products {
		p.exists, p.content = true, first.content
		p.record = modelRecord{at: m.clock, code: t.code(), params: t.params(m)}
	}
	for _, p := range t.products {
		p.content += text.String()
	}
	return true
}

// clean returns what the products of a task hold where all is made anew.
func (m *model) clean(t *modelTask) string {
	text := fmt.Sprintf("%s v%d %s\n", t.name, t.version, t.params(m))
	for _, up := range t.upstream {
		for range up.products {
			text += m.clean(up)
		}
	}
	return text
}
