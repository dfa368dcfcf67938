package pipeline

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/operator"
)

// History reads from a store how the tasks of attempts went.
type History struct{ Store store.Attempts }

var _ operator.History = History{}

// Tasks implements operator.History.
func (h History) Tasks(ctx context.Context, attempt model.AttemptID) ([]operator.Past, error) {
	s, err := h.Store.Load(ctx, attempt)
	if err != nil {
		return nil, err
	}
	root := s.Definition.Root
	list, places := make([]operator.Past, len(root.Children)), make(map[string]int, len(root.Children))
	for i, n := range root.Children {
		list[i] = operator.Past{Name: n.Name, Config: n.Config}
		places[root.Name+n.Name] = i
	}
	for _, row := range s.Tasks { // of rounds, the last one counts
		i, ok := places[row.Name]
		if !ok {
			continue
		}
		list[i].State, list[i].Started, list[i].Ended = row.State, row.Started.Time(), row.Ended.Time()
		if list[i].Error = (operator.Map{}); row.Detail != nil {
			list[i].Error = row.Detail.Error
		}
	}
	return list, nil
}
