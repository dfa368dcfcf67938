package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// partition is one of a topic.
type partition struct {
	topic string
	index int32
}

// positions returns how far a feeder has come, by partition.
func positions(ctx context.Context, sink feed.Sink, group string) (map[partition]int64, error) {
	list, err := sink.Offsets(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("look for the positions of %s: %w", group, err)
	}
	stored := make(map[partition]int64, len(list))
	for _, o := range list {
		stored[partition{o.Topic, o.Partition}] = o.Next
	}
	return stored, nil
}

// seek says where to begin in the partitions that this feeder has been given.
// It takes as long as it needs: until then they have nobody who reads them.
func (r *running) seek(ctx context.Context, given map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	<-r.opened
	again := pauses{clock: r.options.Clock}
	for {
		starts, err := r.starts(ctx, given)
		if err == nil {
			return starts, nil
		}
		if ctx.Err() == nil {
			r.options.Log.Warn("find where to read on in Kafka", "error", err)
		}
		if !again.wait(ctx) {
			return nil, err
		}
	}
}

// starts returns where to begin: where the store says, or where the topic does
// where the store says nothing.
func (r *running) starts(ctx context.Context, given map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	if len(given) == 0 {
		return given, nil
	}
	stored, err := positions(ctx, r.sink, r.options.Group)
	if err != nil {
		return nil, err
	}
	ends, err := kadm.NewClient(r.client).ListEndOffsets(ctx, slices.Sorted(maps.Keys(given))...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, err
	}
	starts := make(map[string]map[int32]kgo.Offset, len(given))
	for topic, indexes := range given {
		starts[topic] = make(map[int32]kgo.Offset, len(indexes))
		for index := range indexes {
			end, _ := ends.Lookup(topic, index)
			at, known := stored[partition{topic, index}]
			switch {
			case known && at > end.Offset:
				r.options.Log.Error("a partition is shorter than it was: nothing is read from it", "topic", topic, "partition", index,
					"position", at, "end", end.Offset, "hint", "if the topic was made anew, read it as another group")
				continue
			case !known && r.topics[topic].Latest:
				if err := r.begin(ctx, topic, index, end.Offset); err != nil {
					return nil, err
				}
				at, known = end.Offset, true
			}
			starts[topic][index] = kgo.NewOffset().AtStart()
			if known {
				starts[topic][index] = kgo.NewOffset().At(at)
			}
			r.lags.given(partition{topic, index}, at)
		}
	}
	return starts, nil
}

// begin stores where a partition is read from, so that whoever reads it next
// does not begin later. It is a Conflict if somebody did meanwhile.
func (r *running) begin(ctx context.Context, topic string, index int32, at int64) error {
	_, err := r.sink.Deliver(ctx, store.Delivery{
		Feeder: r.options.Group, Offsets: []store.Offset{{Topic: topic, Partition: index, From: at, Next: at}},
		Now: model.InstantOf(r.options.Clock.Now()),
	})
	return err
}
