package relay

import (
	"sync"

	"github.com/pawlhq/pawl/internal/model"
)

// Claims are the topics of a program that some relays have for themselves, so that
// its others leave them alone, even while those relays do not run: what is stored
// then is for the next of them. The zero value has none. It is safe for concurrent
// use.
type Claims struct {
	mu     sync.Mutex
	topics map[string]bool // whether those that were claimed are taken now
}

// Take claims topics for good. Until release is called, which does nothing from the
// second time on, nobody else can take one: that is a Conflict, and takes none.
func (c *Claims) Take(topics []string) (release func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, topic := range topics {
		if c.topics[topic] {
			return nil, model.Errorf(model.Conflict, "the records of topic %s are sent elsewhere already", topic)
		}
	}
	for _, topic := range topics {
		if c.topics == nil {
			c.topics = make(map[string]bool)
		}
		c.topics[topic] = true
	}
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, topic := range topics {
			c.topics[topic] = false
		}
	}), nil
}

// Free reports whether nobody has ever claimed a topic.
func (c *Claims) Free(topic string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, claimed := c.topics[topic]
	return !claimed
}
