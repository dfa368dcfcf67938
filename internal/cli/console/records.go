package console

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/params"
)

// OutputOptions say how objects are printed.
type OutputOptions struct{ JSON bool }

// Flags gives a command the options.
func (o *OutputOptions) Flags(c *cobra.Command) {
	Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVar(&o.JSON, "json", false, "print one JSON object a line, as the server tells it")
	})
}

// Record is what people see of an object: labels and values in turn. The
// labels are Digdag's, for the programs that look for them.
type Record []string

// Print writes a line for each label, and an empty one.
func (r Record) Print(w io.Writer, indent string) error {
	var b []byte
	for i := 0; i < len(r); i += 2 {
		b = fmt.Appendf(b, "%s%s: %s\n", indent, r[i], r[i+1])
	}
	_, err := w.Write(append(b, '\n'))
	return err
}

// recordIndent is before the labels of most records.
const recordIndent = "  "

// List prints objects: as records, below a title if there is one, or as JSON.
func List[T any](w io.Writer, o OutputOptions, title string, all []T, record func(T) Record) error {
	if title != "" && !o.JSON {
		if _, err := fmt.Fprintln(w, title); err != nil {
			return err
		}
	}
	for _, one := range all {
		var err error
		if o.JSON {
			err = PrintObject(w, one)
		} else {
			err = record(one).Print(w, recordIndent)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PrintObject writes an object of the API in one line.
func PrintObject(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Hint tells people the next step, which programs need not hear of.
func (o *OutputOptions) Hint(w io.Writer, format string, args ...any) {
	if !o.JSON {
		_, _ = fmt.Fprintf(w, "pawl: hint: "+format+"\n", args...)
	}
}

// AsJSON returns parameters as text.
func AsJSON(m params.Map) string { return string(params.AppendJSON(nil, m)) }
