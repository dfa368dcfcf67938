package operator

import (
	"context"

	"github.com/pawlhq/pawl/internal/params"
)

// Outputs keeps what tasks hand on that is no parameter: what is large, or no JSON.
// A small parameter stands for each output.
type Outputs interface {
	// Keep keeps a file as an output of the try, and returns what stands for it. An
	// output that the try has kept already is an error with the code Conflict.
	Keep(ctx context.Context, t *Task, k Kept) (Value, error)
	// Find says where what a parameter stands for can be read while the task runs. It
	// may make a file for that, whose path begins with prefix: whoever asks removes
	// it. What is not there any more has the code NotFound.
	Find(ctx context.Context, v Map, prefix string) (Place, error)
}

// Kept is a file that is to be kept.
type Kept struct {
	// Name is that of the output, and Item which one of a collection; "" for one
	// alone.
	Name, Item string
	// Form says how it is written, for those that read it.
	Form string
	// File is the absolute path of the file.
	File string
	// Key names a file that is none of the outputs of the try, and outlives it, as
	// who has made it has chosen; else it is empty.
	Key string
}

// Place is where an output can be read.
type Place struct {
	// Path is that of a file on this machine, which nobody may change; URL, if there
	// is one, counts instead.
	Path, URL string
}

// OutputKey is the only key of a parameter that stands for an output.
const OutputKey = "$value"

// OutputOf returns the key of the output that a parameter stands for.
func OutputOf(v Map) (key string, ok bool) {
	if v.Len() != 1 {
		return "", false
	}
	of, err := v.MapOr(OutputKey, params.Map{})
	if err != nil || !of.Has("key") {
		return "", false
	}
	key, err = of.String("key")
	return key, err == nil
}
