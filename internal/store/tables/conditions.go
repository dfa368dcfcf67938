package tables

import (
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// condition is a column that is to have a value.
type condition struct {
	column string
	value  driver.Value
}

// subscriptionConditions returns what a filter says in SQL, and the order, for
// subscriptions after a place. A column that is the same in all of them is left
// out of the order, so that the index that leads to them has it.
func subscriptionConditions(f store.SubscriptionFilter, past store.SubscriptionMark, after bool) (text string, args []driver.Value) {
	order := []condition{
		{"s.topic", Stored(past.Topic)}, {"s.param", Stored(past.Param)}, {"s.one", past.One}, {"s.since", int64(past.Since)},
		{"s.attempt", int64(past.Attempt)}, {"s.task", int64(past.Task)}, {"s.mark", past.Mark[:]},
	}
	var all []condition
	if f.Attempt != 0 {
		all = append(all, condition{"s.attempt", int64(f.Attempt)})
	}
	switch {
	case f.Value != "":
		mark := routing.KeyOf(f.Topic, f.Param, f.Value)
		all, order = append(all, condition{"s.mark", mark[:]}), order[2:len(order)-1]
	case f.Param != "":
		all, order = append(all, condition{"s.topic", Stored(f.Topic)}, condition{"s.param", Stored(f.Param)}), order[2:]
	case f.Topic != "":
		all, order = append(all, condition{"s.topic", Stored(f.Topic)}), order[1:]
	}
	texts := []string{"NOT EXISTS (SELECT 1 FROM attempts a WHERE a.id = s.attempt AND a.state + 0 <> 0)"}
	var columns, places []string
	for _, c := range all {
		texts, args = append(texts, c.column+" = ?"), append(args, c.value)
	}
	for _, c := range order {
		columns, places = append(columns, c.column), append(places, "?")
		if after {
			args = append(args, c.value)
		}
	}
	if after {
		texts = append(texts, "("+strings.Join(columns, ", ")+") > ("+strings.Join(places, ", ")+")")
	}
	return " WHERE " + strings.Join(texts, " AND ") + " ORDER BY " + strings.Join(columns, ", "), args
}

// letterConditions returns what a filter says in SQL, for letters after an id.
func letterConditions(f store.LetterFilter, past int64) (where string, args []driver.Value) {
	where = ` WHERE l.died = 0 AND l.id > ?`
	early := int64(1)
	if f.Dead {
		where, early = ` WHERE l.died <> 0 AND l.id > ?`, 0
	}
	args = []driver.Value{past}
	switch {
	case f.Value != "":
		// That the ids of the keys are those of the letters leads along the index.
		mark := routing.KeyOf(f.Topic, f.Param, f.Value)
		where += ` AND l.id IN (SELECT k.letter FROM letter_keys k WHERE k.mark = ? AND k.early = ` + digit(early) + ` AND k.letter > ? ORDER BY k.letter LIMIT ? + 0)`
		args = append(args, mark[:], past)
	case f.Topic != "":
		where, args = where+` AND l.topic = ?`, append(args, Stored(f.Topic))
		if f.Param != "" {
			where += ` AND EXISTS (SELECT 1 FROM letter_keys k WHERE k.letter = l.id AND k.param = ?)`
			args = append(args, Stored(f.Param))
		}
	}
	return where, args
}

func digit(n int64) string { return string(rune('0' + n)) }
