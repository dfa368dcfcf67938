package engine

import "github.com/pawlhq/pawl/internal/params"

// Fact is something that a try tells of its work. The engine keeps it as an event.
type Fact struct {
	// Kind is ProductMade or Expected.
	Kind EventKind
	Data params.Map
}

// FactFailed is true in the data of what a try told that did not end well.
const FactFailed = "failed"

// told keeps what a try has told, also where what it gave does not count any more: it
// has happened.
func (a *Attempt) told(c *Command) {
	if len(c.Facts) == 0 || !a.reports(c.Task, c.Try) {
		return
	}
	for _, f := range c.Facts {
		if c.Kind == Fail || c.Kind == TryCancelled {
			f.Data = f.Data.Set(FactFailed, true)
		}
		a.event(f.Kind, c.Task, f.Data)
	}
}
