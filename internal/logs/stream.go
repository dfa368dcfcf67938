package logs

import (
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Stream is what is read of a log.
type Stream uint8

// The streams of a log. Merged is both in the order in which they were printed:
// exactly what one writes after the other has, and by lines what programs print
// to both within a few milliseconds.
const (
	Merged Stream = iota
	Stdout
	Stderr
)

var streams = []string{"merged", "stdout", "stderr"}

func (s Stream) String() string { return streams[s] }

// ParseStream is the reverse of String; "" is Merged. Another text is Invalid.
func ParseStream(text string) (Stream, error) {
	for i, name := range streams {
		if text == name || text == "" {
			return Stream(i), nil
		}
	}
	return 0, model.Errorf(model.Invalid, "unknown stream %q: there are %s", text, strings.Join(streams, ", "))
}

// Show says how a log is shown.
type Show struct {
	Stream Stream
	// Times puts before each line when it was printed, in UTC.
	Times bool
	// Level shows the records from a level on and nothing else. NoLevel shows all
	// that there is.
	Level Level
	// JSON makes of each line, and of each record, an object on a line.
	JSON bool

	of about // whose log it is, for JSON
}

// about is whose a log is.
type about struct {
	try  model.TryID
	task string
}

// about returns the same with whose log it is, where that is shown.
func (s Show) about(id model.TryID, task string) Show {
	if s.JSON {
		s.of = about{id, task}
	}
	return s
}

// all reports whether the text is shown as it is kept.
func (s Show) all() bool { return s == Show{} }

// wants reports whether what is of a kind is shown.
func (s Show) wants(k kind) bool {
	return (s.Stream == Merged || s.Stream == k.stream) && k.level >= s.Level
}

// timeLayout is that of Digdag's logs, and has always as many bytes.
const timeLayout = "2006-01-02 15:04:05.000 +0000 "
