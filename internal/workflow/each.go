package workflow

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pawlhq/pawl/internal/params"
)

// Each makes a group a collection over a source of items. A front end asks for one
// with a node such as
//
//	&Node{
//		Name: "+reindex",
//		Each: &Each{
//			Source: ItemsOperator, Config: params.Of("file", "shops.jsonl"),
//			Key: "shop", Window: 8, OnFailure: IsolateItems,
//		},
//		Children: []*Node{{Name: "+shop", Operator: "sh", Config: params.Of("_command", "reindex ${shop.id}")}},
//	}
//
// which runs its only child, the body, once for each item. The body is an action or a
// group of any form; its tasks see the item as the parameter Key. What they store
// is seen below the same item only, unless all tasks share their parameters.
//
// A workflow over a collection, each item of which is an attempt of its own, is a
// collection whose body starts a run of that workflow and waits for its end
// (`start>`), most often with IsolateItems.
//
// The source is read once, before the first item starts: each item has its index,
// from 0, and its row from then on. Only those in work are tasks of the attempt,
// with names such as "+reindex+shop-17".
type Each struct {
	// Source names the operator that lists the items and Config configures it. It
	// is evaluated as the configuration of any task.
	Source string
	Config params.Map
	// Key is the parameter under which the body sees its item.
	Key string
	// Window bounds the items that are in work at a time; 0 means no bound of its
	// own, and those that are listed in rows are never more than MaxWindow.
	// They start in their order, the next one when another has ended. An item
	// that is jumped to, or run again after a failure kept the rest from
	// starting, starts at once even so.
	Window int
	// OnFailure says what the failure of an item means for others. The collection
	// fails in any case once one item has.
	OnFailure ItemFailure
}

// ItemsOperator is the operator that lists the items of a list, a file or a query:
// one of "list" (a list of values), "file" (JSON lines, or CSV with a line of
// names; "format" is jsonl or csv where the name does not say) and "query" (with
// "database"). "id" is the path of what tells items apart for people, in each item.
const ItemsOperator = "items"

// MaxWindow bounds the items that are in work at a time whatever a definition says.
const MaxWindow = 1000

// Page is the node of the tasks that stand for some items of a collection each, as long
// as these are in memory.
func (n *Node) Page() *Node { return n.page }

// ItemFailure says what the failure of an item means for others.
type ItemFailure uint8

const (
	// CancelItems cancels the other items: those in work are asked to end, those
	// that have not started never do. What comes after the collection on success is
	// not reached.
	CancelItems ItemFailure = iota
	// IsolateItems runs all other items to their end.
	IsolateItems
	// CancelAll does what CancelItems does, and cancels everything else of the
	// attempt, too, except what is to run on failures.
	CancelAll
)

var itemFailureNames = [...]string{"cancel_children", "isolate", "cancel_all"}

// String returns the name of f as it is written in definitions.
func (f ItemFailure) String() string { return itemFailureNames[f] }

// ItemFailureNames are the names that ParseItemFailure knows.
func ItemFailureNames() []string { return itemFailureNames[:] }

// ParseItemFailure returns the policy of a name, as definitions write it.
func ParseItemFailure(name string) (ItemFailure, bool) {
	for i, known := range itemFailureNames {
		if name == known {
			return ItemFailure(i), true
		}
	}
	return 0, false
}

// ItemSources are the keys of which ItemsOperator has one: where items come from.
func ItemSources() []string { return []string{"list", "file", "query"} }

// CheckItemKey returns what is wrong with the name under which a body is to see its
// items, or "".
func CheckItemKey(name string) string {
	for i, r := range name {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return "is no name that an expression can have: letters, digits and _ are"
		}
	}
	switch name {
	case "":
		return "is no name"
	case "timezone", "project_id", "session_id", "attempt_id", "session_uuid", "task_name", "retry_attempt_name":
		return "is the name of a parameter that pawl sets itself"
	}
	for _, which := range []string{"", "last_", "next_", "last_executed_"} {
		form, ok := strings.CutPrefix(name, which+"session_")
		if ok && slices.Contains([]string{"time", "date", "date_compact", "local_time", "tz_offset", "unixtime"}, form) {
			return "is the name of a parameter that pawl sets itself"
		}
	}
	return ""
}
