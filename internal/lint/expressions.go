package lint

import (
	"strconv"

	"github.com/pawlhq/pawl/internal/expr"
	"github.com/pawlhq/pawl/internal/params"
)

// later are the keys whose tasks evaluate their own texts.
var later = map[string]bool{"_do": true, "_else_do": true, "_check": true, "_error": true}

// expressions looks at all texts in parameters.
func (c *checker) expressions(m params.Map) {
	for key, v := range m.TemplatedEntries() {
		if !later[key] {
			c.within(key, func() { c.value(v) })
		}
	}
}

func (c *checker) value(v params.Value) {
	switch v := v.(type) {
	case string:
		c.text(v)
	case params.Map:
		c.expressions(v)
	case []params.Value:
		for i, item := range v {
			c.within(strconv.Itoa(i), func() { c.value(item) })
		}
	}
}

func (c *checker) text(text string) {
	for _, f := range expr.Faults(text) {
		at := c.at().Part(f.Offset, f.Source).Errorf
		if f.Open {
			c.report.Doubts.Add(at("%s: it is taken as text", f.Reason))
			continue
		}
		c.faults().Add(at("the expression %s is wrong: %s", shortened(f.Source), f.Reason))
	}
}

// shortened returns as much of an expression as fits into a message.
func shortened(source string) string { return params.Shortened(source, 80) }
