package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/params"
)

// outputOptions say how objects are printed.
type outputOptions struct{ json bool }

func (o *outputOptions) flags(c *cobra.Command) {
	grouped(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "print one JSON object a line, as the server tells it")
	})
}

// record is what people see of an object: labels and values in turn. The
// labels are Digdag's, for the programs that look for them.
type record []string

// print writes a line for each label, and an empty one.
func (r record) print(w io.Writer, indent string) error {
	var b []byte
	for i := 0; i < len(r); i += 2 {
		b = fmt.Appendf(b, "%s%s: %s\n", indent, r[i], r[i+1])
	}
	_, err := w.Write(append(b, '\n'))
	return err
}

// recordIndent is before the labels of most records.
const recordIndent = "  "

// list prints objects: as records, below a title if there is one, or as JSON.
func list[T any](w io.Writer, o outputOptions, title string, all []T, record func(T) record) error {
	if title != "" && !o.json {
		if _, err := fmt.Fprintln(w, title); err != nil {
			return err
		}
	}
	for _, one := range all {
		var err error
		if o.json {
			err = printObject(w, one)
		} else {
			err = record(one).print(w, recordIndent)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printObject writes an object of the API in one line.
func printObject(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// hint tells people the next step, which programs need not hear of.
func (o *outputOptions) hint(w io.Writer, format string, args ...any) {
	if !o.json {
		_, _ = fmt.Fprintf(w, "pawl: hint: "+format+"\n", args...)
	}
}

func asJSON(m params.Map) string { return string(params.AppendJSON(nil, m)) }

// localTime writes an instant in the zone of this machine; none is empty.
func localTime(i client.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.Local().Format(timeFormat)
}

// ownTime writes a session time with the offset that it has.
func ownTime(t client.SessionTime) string { return t.Format(timeFormat) }

// distant writes an instant and how far from now it is.
func distant(i client.Instant, now time.Time) string {
	if i.IsZero() {
		return ""
	}
	return localTime(i) + " " + away(i.Sub(now))
}
