package pawl

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

type (
	tree  []tree
	level map[string]level
	loop  *loop
	both  struct{ List []tree2 }
	tree2 []*both
	Ring  struct {
		*Ring
		N int `json:"n,string"`
		M int `json:"m"`
	}
)

// What JSON allows to be within itself has an end, too.
func TestTypesMayBeWithinThemselves(t *testing.T) {
	t.Parallel()
	for want, of := range map[string]reflect.Type{
		`["any"]`:                   reflect.TypeFor[tree](),
		`{"*":"any"}`:               reflect.TypeFor[level](),
		"any":                       reflect.TypeFor[loop](),
		`{"List":[["any"]]}`:        reflect.TypeFor[both](),
		`{"m":"integer","n":"any"}`: reflect.TypeFor[struct{ Ring }](),
	} {
		if got := string(params.AppendJSON(nil, shapeOf(of))); got != want && got != `"`+want+`"` {
			t.Errorf("%s: got %s, want %s", of, got, want)
		}
	}
	c := checker{params: reflect.TypeFor[struct{ At loop }]()}
	if c.param("x", "At", true); len(c.faults) > 0 {
		t.Errorf("got %v", c.faults)
	}
	if c.param("x", "At.x", true); len(c.faults) == 0 {
		t.Error("a pointer has fields")
	}
}

func TestAProcessSaysWhichParametersItTakes(t *testing.T) {
	t.Parallel()
	type inner struct {
		Street string `json:"street"`
	}
	type all struct {
		Text   string            `json:"text"`
		N      *int              `json:"n"`
		F      float32           `json:"f"`
		B      bool              `json:"b"`
		At     time.Time         `json:"at"`
		List   []inner           `json:"list"`
		Map    map[string]uint8  `json:"map"`
		Bytes  []byte            `json:"bytes"`
		Raw    json.RawMessage   `json:"raw"`
		Quoted int               `json:"quoted,string"`
		Self   *all              `json:"self"`
		Any    any               `json:"any"`
		Hidden string            `json:"-"`
		Texts  map[string]string `json:"texts"`
	}
	const want = `{"any":"any","at":"time","b":"boolean","bytes":"text","f":"number","list":[{"street":"text"}],` +
		`"map":{"*":"integer"},"n":"integer","quoted":"any","raw":"any","self":"any","text":"text","texts":{"*":"text"}}`
	if got := fmt.Sprint(shapeOf(reflect.TypeFor[all]())); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
