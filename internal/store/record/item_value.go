package record

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// ItemValue is Value for that of an item. It is Invalid if it takes more than
// store.MaxItem.
func ItemValue(i *engine.Item) ([]byte, error) {
	b := Value(i.Value)
	if len(b) <= store.MaxItem {
		return b, nil
	}
	name := i.Key
	if name != "" {
		name = " (" + name + ")"
	}
	return nil, model.Errorf(model.Invalid, "item %d%s takes %d bytes, and %d are the most", i.Index, name, len(b), store.MaxItem).
		WithHint("list what leads to the data, such as the path of a file")
}
