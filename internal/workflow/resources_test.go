package workflow

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

func TestAmountsOfProcessors(t *testing.T) {
	t.Parallel()
	for v, want := range map[params.Value]int64{
		int64(2): 2000, 0.5: 500, "500m": 500, "1.5": 1500, "4": 4000, 0.001: 1, "1m": 1,
	} {
		if got, err := ParseCPU(v); err != nil || got != want {
			t.Errorf("%v is %d, %v, want %d", v, got, err, want)
		}
	}
	for _, v := range []params.Value{nil, "", "m", "two", int64(0), int64(-1), "0.0001", "1e30", true, "2 cores"} {
		if got, err := ParseCPU(v); model.CodeOf(err) != model.Invalid {
			t.Errorf("%v is %d, %v", v, got, err)
		}
	}
}

func TestAmountsOfMemory(t *testing.T) {
	t.Parallel()
	for v, want := range map[params.Value]int64{
		int64(1000): 1000, "512Mi": 512 << 20, "2G": 2e9, "2GB": 2e9, "1.5Gi": 3 << 29, "64k": 64000, "1Ki": 1024, "100B": 100, "1TiB": 1 << 40, "2 G": 2e9,
	} {
		if got, err := ParseMemory(v); err != nil || got != want {
			t.Errorf("%v is %d, %v, want %d", v, got, err, want)
		}
	}
	for _, v := range []params.Value{nil, "", "B", "Mi", "much", int64(0), int64(-1), "9e30G", "1m"} {
		if got, err := ParseMemory(v); model.CodeOf(err) != model.Invalid {
			t.Errorf("%v is %d, %v", v, got, err)
		}
	}
}

func TestResourcesAreChecked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		of   Node
		want string
	}{
		{Node{Name: "+a", Operator: "sh", Resources: &Resources{Queue: "gpu-1", Priority: -3, CPU: 1, Memory: 1, GPU: 1, Image: "x"}}, ""},
		{Node{Name: "+a", Operator: "sh", Resources: &Resources{Queue: "Not"}}, `"Not" is no name of a queue`},
		{Node{Name: "+a", Operator: "sh", Resources: &Resources{GPU: -1}}, "resources can't be negative"},
		{Node{Name: "+a", Resources: &Resources{}}, "only a task with an operator can have resources"},
	} {
		err := tt.of.Finish()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.of.Resources, err, tt.want)
		}
	}
}
