package record_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

func TestItemsSurviveTheirForms(t *testing.T) {
	t.Parallel()
	same(t, growthForm("page", engine.Growth{List: 300, Listed: []engine.Item{
		{Index: 1 << 40, Key: "k", Value: params.Of("a", 1)}, {Value: nil}, {Index: 3, Value: "x"},
	}}))
	same(t, detailForm("collection", &engine.Detail{Items: &engine.Items{
		List: 7, Total: 1 << 40, Done: 2, Failed: 3, Cancelled: 4, Running: 5, Next: 6, Left: 700, Again: []int64{8, 1 << 33},
		First: []engine.FailedItem{{Index: 9, Key: "k", Message: "no"}, {}},
	}}))
	same(t, detailForm("another round of a collection", &engine.Detail{Former: 300}))
	same(t, detailForm("a collection without items", &engine.Detail{Items: &engine.Items{}}))
	same(t, detailForm("a root that others follow", &engine.Detail{Followers: []string{`"1.2"`, `"3.4"`}}))
	same(t, commandForm("follow", engine.Command{Kind: engine.Follow, By: `"1.2"`}))
	same(t, commandForm("rerun", engine.Command{Kind: engine.RerunItem, Task: model.TaskID(1 << 30), Item: 1 << 40, By: "ann"}))
	same(t, commandForm("listed", engine.Command{Kind: engine.Succeed, Result: &engine.Result{
		Listed: &engine.Listed{Total: 1 << 40, Done: 1, Failed: 2, Cancelled: 3},
	}}))
}
