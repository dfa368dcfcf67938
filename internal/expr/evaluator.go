// Package expr evaluates ${...} in parameters and other text.
//
// Between the braces stands an expression of JavaScript in which parameters are
// names; dates are handled by moment. What only reads parameters, joins strings
// or computes a date with moment is evaluated directly, which never differs from
// what the engine would say; for all else the engine is started anew, so that
// no expression sees what another one did.
//
// Digdag loses digits of integers beyond 2^53, as JavaScript does. Here a
// parameter that is only read keeps them.
//
// Time, size and depth are limited, but expressions are not shut in: one that
// sets out to exhaust memory can. Evaluate those of people who are not trusted
// in a process of its own.
//
// The package knows neither tasks nor where parameters come from.
package expr

import (
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/expr/js"
	"github.com/pawlhq/pawl/internal/expr/moment"
	"github.com/pawlhq/pawl/internal/params"
)

// Env is what evaluation depends on beside text and parameters.
type Env struct {
	// Zone is the local time zone of dates. Nil means UTC.
	Zone *time.Location

	// Now is the clock of expressions. Required.
	Now func() time.Time

	// Limits bound an evaluation.
	Limits Limits
}

// Limits bound what the evaluation of one text may cost. Zero values mean the
// defaults.
type Limits struct {
	// Time is how long JavaScript may run, at most 10 s. Defaults to 5 s. It
	// cannot stop a single call of a built-in function.
	Time time.Duration

	// Text is the largest text in bytes. Defaults to 16 MiB.
	Text int

	// Expression is the largest expression in bytes. Defaults to 64 KiB.
	Expression int

	// Result is the largest result in bytes. Defaults to 16 MiB.
	Result int

	// Calls is the largest number of calls of functions inside one another.
	// Defaults to 1000.
	Calls int
}

func (l Limits) withDefaults() Limits {
	for _, n := range []struct {
		of  *int
		def int
	}{{&l.Text, 16 << 20}, {&l.Expression, 64 << 10}, {&l.Result, 16 << 20}, {&l.Calls, 1000}} {
		if *n.of == 0 {
			*n.of = n.def
		}
	}
	if l.Time == 0 {
		l.Time = 5 * time.Second
	}
	l.Time = min(l.Time, maxTime)
	return l
}

// Evaluator evaluates expressions in a time zone. It costs little to make, since
// what is learnt about a text is shared by all evaluators of the process. It is
// safe for concurrent use.
type Evaluator struct {
	zone   js.Zone
	now    func() time.Time
	moment *moment.Lib
	limits Limits
}

// New returns an evaluator.
func New(env Env) *Evaluator {
	return &Evaluator{
		zone:   js.In(env.Zone),
		now:    env.Now,
		moment: moment.New(env.Zone, env.Now),
		limits: env.Limits.withDefaults(),
	}
}

// String returns text with its expressions replaced by their values in scope.
// The error is an *Error.
func (e *Evaluator) String(text string, scope params.Map) (string, error) {
	return e.text(text, mapScope{scope})
}

func (e *Evaluator) text(text string, s scope) (string, error) {
	if strings.IndexByte(text, '$') < 0 {
		return text, nil
	}
	t, err := e.template(text)
	if err != nil {
		return "", newError(text, t.last(), s, err)
	}
	result, at, err := e.fill(t, s)
	if err != nil {
		return "", newError(text, at, s, err)
	}
	return result, nil
}

func (e *Evaluator) template(text string) (*template, error) {
	if len(text) > e.limits.Text {
		return nil, tooLong("the text", len(text), e.limits.Text)
	}
	if t := templates.get(text); t != nil && t.longest <= e.limits.Expression {
		return t, nil
	}
	t, err := parseTemplate(text, e.limits)
	if err == nil {
		templates.put(text, t)
	}
	return t, err
}

// fill evaluates the parts of a template. Once one of them needs the engine,
// those after it see what it did there, as they would in Digdag, where they are
// all one program. It is the boundary to code of users: nothing they write gets
// beyond it but text and an error, with the part that failed.
func (e *Evaluator) fill(t *template, s scope) (result string, at part, err error) {
	f := frame{scope: s, moment: e.moment}
	var m *machine
	defer func() {
		m.stop()
		if r := recover(); r != nil {
			err = e.recovered(r)
		}
	}()
	out := make([]byte, 0, t.size+32*len(t.parts))
	for _, at = range t.parts {
		p := &at
		direct := p.expr == nil
		if direct {
			out = append(out, p.text...)
		} else if m == nil {
			out, direct = p.expr.evalDirect(out, &f)
		}
		if !direct {
			if m == nil {
				m = e.start(s)
			}
			text, err := m.eval(p.expr)
			if err != nil {
				return "", at, err
			}
			out = append(out, p.expr.exact(text, &f)...)
		}
		if len(out) > e.limits.Result {
			return "", part{}, tooLong("the result", len(out), e.limits.Result)
		}
	}
	return string(out), part{}, nil
}

// evalDirect appends the text of an expression to dst, or nothing if it needs
// the engine.
func (e *expression) evalDirect(dst []byte, f *frame) ([]byte, bool) {
	if e.direct == nil {
		return dst, false
	}
	v, ok := e.direct.eval(f)
	if !ok {
		return dst, false
	}
	out, ok := writer{}.append(dst, v)
	if !ok {
		return dst, false
	}
	return out, true
}

// exact gives integers back the digits that they lost in the engine, if the
// expression only reads a parameter and the engine has not changed it.
func (e *expression) exact(text string, f *frame) string {
	if !e.reference {
		return text
	}
	v, ok := e.direct.eval(f)
	if !ok || !hasBig(v) {
		return text
	}
	if rounded, _ := (writer{round: true}).append(nil, v); string(rounded) != text {
		return text
	}
	all, _ := writer{}.append(nil, v)
	return string(all)
}
