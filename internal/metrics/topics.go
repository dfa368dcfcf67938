package metrics

import (
	"sync"
	"unicode/utf8"
)

// topics are those of messages that anybody sends: so that their number is
// bounded, the first ones have labels of their own and the others share one.
type topics struct {
	mu    sync.RWMutex
	known map[string]bool
}

const (
	mostTopics  = 200
	otherTopics = "(others)"
)

// label returns the label of a topic.
func (t *topics) label(topic string) string {
	t.mu.RLock()
	known := t.known[topic]
	t.mu.RUnlock()
	if known {
		return topic
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known[topic] {
		return topic
	}
	if len(t.known) == mostTopics || !utf8.ValidString(topic) {
		return otherTopics
	}
	if t.known == nil {
		t.known = make(map[string]bool)
	}
	t.known[topic] = true
	return topic
}
