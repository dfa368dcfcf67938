package serve

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/updates"
)

// updates reads what others are told of attempts.
func (s *settings) updates() updates.Options {
	o := updates.Options{
		Topics:   s.list("updates.topics", "names of topics, joined by commas", model.CheckTopic),
		Projects: s.list("updates.projects", "names of projects, joined by commas", nil),
		Tasks:    s.yes("updates.tasks"),
		Params:   s.yes("updates.params"),
	}
	if len(o.Topics) == 0 {
		for _, key := range []string{"updates.projects", "updates.tasks", "updates.params"} {
			if _, set := s.Get(key); set {
				s.fault(s.Errorf(key, "%s must be left out unless updates.topics names topics", key))
			}
		}
	}
	return o
}

// list reads names that are joined by commas, each of them once.
func (s *settings) list(key, what string, check func(string) error) (list []string) {
	readAs(s, key, what, func(text string) (string, error) {
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			switch {
			case name == "":
				return "", kind.Hint("a name is empty")
			case slices.Contains(list, name):
				return "", kind.Hint(name + " is there twice")
			case check != nil:
				if err := check(name); err != nil {
					return "", kind.Hint(err.Error())
				}
			}
			list = append(list, name)
		}
		return "", nil
	})
	return list
}
