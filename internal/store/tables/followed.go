package tables

import (
	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/record"
)

// followed returns those of some attempts that unfinished ones follow. A row of a root
// that can't be read says of nobody that they do.
func (t *Tables) followed(c Conn, of []model.AttemptID) (map[model.AttemptID]bool, error) {
	if len(of) == 0 {
		return nil, nil
	}
	by := make(map[model.AttemptID][]model.AttemptID)
	var all []model.AttemptID
	err := c.Query(`SELECT attempt, detail FROM tasks WHERE attempt IN (`+t.dialect.Numbers+`) AND id = 0 AND detail IS NOT NULL`, func(r Row) error {
		detail, err := record.DecodeDetail(r.Blob(1))
		if err != nil || detail == nil {
			return nil
		}
		for _, who := range detail.Followers {
			id := calls.Following(who)
			by[id] = append(by[id], model.AttemptID(r.Int(0)))
			all = append(all, id)
		}
		return nil
	}, idList(of))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	stay := make(map[model.AttemptID]bool)
	err = c.Query(`SELECT a.id FROM attempts a WHERE a.id IN (`+t.dialect.Numbers+`) AND a.state + 0 = 0`, func(r Row) error {
		for _, id := range by[model.AttemptID(r.Int(0))] {
			stay[id] = true
		}
		return nil
	}, idList(all))
	return stay, err
}
