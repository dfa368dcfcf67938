package kafka

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed"
)

// lags knows how far a feeder has come in this process.
type lags struct {
	mu     sync.Mutex
	client *kgo.Client // nil unless the feeder runs
	at     map[partition]int64
}

func (l *lags) use(client *kgo.Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.client, l.at = client, make(map[partition]int64)
}

// given notes a partition that is read from an offset on.
func (l *lags) given(p partition, next int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at[p] = next
}

// reached notes a delivery. The partition may be somebody else's by now.
func (l *lags) reached(p partition, next int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.at[p]; ok {
		l.at[p] = next
	}
}

func (l *lags) left(p partition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.at, p)
}

// snapshot returns the positions in the partitions that are read here now.
func (l *lags) snapshot() (*kgo.Client, map[partition]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.client, maps.Clone(l.at)
}

// Lag returns how far the feeder is behind in each partition that it reads now,
// in order of topic and partition. It asks Kafka.
func (f *Feeder) Lag(ctx context.Context) ([]feed.Lag, error) {
	client, own := f.lags.snapshot()
	if client == nil || len(own) == 0 {
		return nil, nil
	}
	topics := slices.Collect(maps.Keys(f.topics))
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	var list []feed.Lag
	for p, at := range own {
		start, _ := starts.Lookup(p.topic, p.index)
		end, ok := ends.Lookup(p.topic, p.index)
		if !ok || end.Err != nil {
			continue
		}
		list = append(list, feed.Lag{Topic: p.topic, Partition: p.index, Behind: max(0, end.Offset-max(at, start.Offset))})
	}
	slices.SortFunc(list, func(a, b feed.Lag) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return list, nil
}
