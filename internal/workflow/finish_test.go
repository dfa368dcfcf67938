package workflow

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
)

func TestWhatIsNoCollectionIsRefused(t *testing.T) {
	t.Parallel()
	body := []*Node{{Name: "+body", Operator: "do"}}
	for want, n := range map[string]*Node{
		"only a group can be a collection":                                                     {Operator: "do", Each: &Each{Source: "list"}},
		"a collection has one body, not 0":                                                     {Each: &Each{Source: "list"}},
		"a collection needs a source of items":                                                 {Each: &Each{Config: params.Of("a", 1)}, Children: body},
		"a window of items can't be negative":                                                  {Each: &Each{Source: "list", Window: -1}, Children: body},
		"what the failure of an item does must be one of cancel_children, isolate, cancel_all": {Each: &Each{Source: "list", OnFailure: 3}, Children: body},
	} {
		n.Name = "+all"
		if err := n.Finish(); err == nil || !strings.Contains(err.Error(), "task +all: "+want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	if err := (&Node{Name: "+all", Each: &Each{Source: "list", Window: 2}, Children: body}).Finish(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoWaitIsRefused(t *testing.T) {
	t.Parallel()
	orders := []Signal{{Topic: "orders", Param: "id"}}
	for want, n := range map[string]*Node{
		"a wait needs a time or a signal":                       {Wait: &Wait{}},
		"only a wait for signals says what becomes of messages": {Wait: &Wait{For: 1, Early: KeepEarly}},
		"signal 2 needs a topic and a parameter":                {Wait: &Wait{Signals: append(orders, Signal{Topic: "orders"})}},
		"a hook of a time limit needs the limit":                {Limit: Limit{Hook: &Node{Name: "^late", Operator: "do"}}},
	} {
		n.Name, n.Operator = "+a", "do"
		if err := n.Finish(); err == nil || !strings.Contains(err.Error(), "task +a: "+want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	whole := &Node{Name: "+a", Operator: "do", Again: true, Limit: Limit{Until: "end"}, Wait: &Wait{
		Signals: orders, Early: JumpEarly, OnBadMessage: BuryMessage, Again: AgainDownstream,
	}}
	if err := whole.Finish(); err != nil {
		t.Error(err)
	}
}
