package local

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
)

// Items of a collection are told of by the collection: their tasks are gone when they
// have ended.

// counted reports whether a task counts by itself: actions do, and collections that
// have not come to their items. The tasks of an item count as that item.
func counted(v engine.View) bool {
	return !v.Retired && !v.OfItem() && (!v.Node.IsGroup() || v.Node.Each != nil)
}

// itemsOf returns the counters of a collection that has come to its items, else nil.
func itemsOf(v engine.View) *engine.Items {
	if v.Node.Each == nil || v.Detail == nil {
		return nil
	}
	return v.Detail.Items
}

// failedItems describes the first items of a collection that failed, and says how many
// more there are.
func failedItems(v engine.View, c *engine.Items) []progress.Failure {
	var list []progress.Failure
	for _, f := range c.First {
		about := fmt.Sprintf("item %d", f.Index)
		if f.Key != "" {
			about += ": " + f.Key
		}
		list = append(list, progress.Failure{
			Task: fmt.Sprintf("%s%s-%d", v.Name, v.Node.Children[0].Name, f.Index), About: about, Message: f.Message,
		})
	}
	if more := c.Failed - int64(len(c.First)); more > 0 && len(c.First) > 0 {
		list = append(list, progress.Failure{
			Task: v.Name, Message: fmt.Sprintf("%d of %d items failed: %d more than are shown", c.Failed, c.Total, more),
		})
	}
	return list
}
