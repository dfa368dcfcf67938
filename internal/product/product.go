// Package product decides which tasks of a pipeline are up to date, and says
// why: from what their products' records say was built, and what would be built
// now.
//
// A record is what Ploomber keeps beside every product; both read and write the
// same bytes. The package decides and does nothing: it knows no files, no clock
// and no interpreter. How sources are compared, and where records are read in
// full, is given to it.
package product

import "github.com/pawlhq/pawl/internal/params"

// Task is what a decision needs to know of a task.
type Task struct {
	Name string
	// Upstream holds the places of the tasks that this one needs, in the list
	// of tasks, in any order.
	Upstream []int
	// Code is the source as a record would keep it now, and Language how it is
	// compared: "py", "sql", or "" for raw text.
	Code, Language string
	// Imports is a digest of the local modules that the source imports, "" where
	// they do not count.
	Imports string
	// Params are the user's parameters alone. Entries that JSON cannot hold are
	// left out, files named by resources_ are replaced by their digests. Floats
	// may be NaN or infinite.
	Params params.Map
	// Standing is what is known of a task that makes nothing itself.
	Standing Standing
	// Products are in the order of the definition; there is at least one.
	Products []Product
	// MadeOf is what the task is given of others: their products by their names,
	// in the form that it gets, and with names that stay the same where the
	// project is moved.
	MadeOf params.Map
	// Print is that of Code, Imports and Params, and Whole the same with MadeOf.
	// Where they are zero, they are computed when they are needed.
	Print, Whole Print
}

// SetPrints computes the prints where they are missing. It works in a buffer,
// which it returns to be given to the next call.
func (t *Task) SetPrints(buf []byte) []byte {
	if t.Print == (Print{}) {
		t.Print, buf = appendPrint(buf, t.Code, t.Imports, t.Params)
	}
	if t.Whole == (Print{}) {
		t.Whole = t.Print.With(t.MadeOf)
	}
	return buf
}

// Standing says how a task counts whose products others make.
type Standing uint8

// How tasks count.
const (
	// Made is for tasks that make their products.
	Made Standing = iota
	// Linked is for one that is up to date, whenever its products were made.
	Linked
	// Changing is for one that outdates, each time, what needs it.
	Changing
)

// Product is what was found of a product before a decision.
type Product struct {
	// Name is what reasons call it, such as a path.
	Name   string
	Exists bool
	// Local is the record that belongs to it. It counts only if the product
	// exists.
	Local Stamp
	// Remote is the record that a remote storage has. It is zero where there is
	// no remote storage, and where that lacks either the product or its record.
	Remote Stamp
}

// Stamp is the part of a record that is enough to see that nothing changed.
type Stamp struct {
	State State
	// Timed tells whether the record has a time, which is Time in seconds since
	// 1970.
	Timed bool
	Time  float64
	// Print is that of what is stored: the whole, or that without MadeOf where
	// that is not known. It is zero where the source or the parameters are
	// missing.
	Print Print
}

// State says what kind of record there is.
type State uint8

// States of a record.
const (
	// Absent means that there is no record.
	Absent State = iota
	// Stored means that there is a record, which may lack entries.
	Stored
	// Unfinished means that a run has begun and did not end well.
	Unfinished
	// Damaged means that there is a record that cannot be read.
	Damaged
)

// StampOf returns the stamp of a record that was read.
func StampOf(r Record) Stamp {
	s := Stamp{State: Stored}
	if r.Unfinished {
		s.State = Unfinished
	}
	if r.Timestamp != nil {
		s.Timed, s.Time = true, *r.Timestamp
	}
	if r.Source != nil && r.Params != nil {
		s.Print = PrintOf(*r.Source, r.Imports, *r.Params)
		if r.MadeOf != nil {
			s.Print = s.Print.With(*r.MadeOf)
		}
	}
	return s
}
