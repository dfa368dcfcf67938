package engine

import (
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Counts are how many items of a collection are where, as shown to people and
// programs.
func (c *Items) Counts() params.Map {
	return params.Of(
		"total", c.Total, "pending", c.Pending(), "running", c.Running,
		"done", c.Done, "failed", c.Failed, "cancelled", c.Cancelled,
	)
}

// ItemsInWork returns the items of a collection that run, by their indexes, with when
// they started.
func (a *Attempt) ItemsInWork(id model.TaskID) map[int64]model.Instant {
	if !a.has(id) {
		return nil
	}
	found := make(map[int64]model.Instant)
	for _, at := range a.at(id).kids {
		p := a.pages[at]
		if p == nil {
			continue
		}
		for i, kid := range a.at(at).kids {
			if t := a.at(kid); t.state != model.Blocked && !t.state.Final() {
				found[p.index[i]] = t.started
			}
		}
	}
	return found
}

// describe says how many items have failed, and names the first.
func (c *Items) describe() string {
	text := append(strconv.AppendInt(nil, c.Failed, 10), " of "...)
	text = append(strconv.AppendInt(text, c.Total, 10), " items failed"...)
	if c.Cancelled > 0 {
		text = append(strconv.AppendInt(append(text, ", "...), c.Cancelled, 10), " were cancelled"...)
	}
	for i, f := range c.First {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		text = append(append(text, sep...), f.describe()...)
	}
	if c.Failed > int64(len(c.First)) && len(c.First) > 0 {
		text = append(text, "; and more"...)
	}
	return string(text)
}

func (f *FailedItem) describe() string {
	name := "item " + strconv.FormatInt(f.Index, 10)
	if f.Key != "" {
		name += " (" + f.Key + ")"
	}
	first, _, _ := strings.Cut(f.Message, "\n")
	return name + ": " + first
}

// itemName is the full name of the task of an item.
func itemName(prefix string, index int64) string { return prefix + strconv.FormatInt(index, 10) }
