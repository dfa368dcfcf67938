package pawl

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/workflow"
)

// checker finds what is wrong with a process.
type checker struct {
	// params is the type of the parameters.
	params reflect.Type
	faults []error
}

func (c *checker) fail(path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if path != "" {
		text = "step " + path + ": " + text
	}
	c.faults = append(c.faults, fmt.Errorf("%s", text))
}

func (c *checker) process(p *process) {
	if fault := misnamed(p.name); fault != "" {
		c.fail("", "the name of a process %s", fault)
	}
	if p.version == "" {
		c.fail("", "a process needs a version, such as \"1\"")
	}
	if k := c.params.Kind(); k != reflect.Struct && (k != reflect.Map || c.params.Key().Kind() != reflect.String) {
		c.fail("", "its parameters are %s: they must be a struct, or a map by strings", c.params)
	}
	if len(p.steps) == 0 {
		c.fail("", "it has no steps")
	}
	c.steps("", p.steps)
}

// steps checks the steps of a group.
func (c *checker) steps(above string, steps []*step) {
	seen := make(map[string]bool)
	for i, s := range steps {
		if s == nil || s.kind == 0 {
			c.fail(above, "step %d of it was not made by any function of this package", i+1)
			continue
		}
		if seen[s.name] {
			c.fail(join(above, s.name), "there are two steps of that name here")
		}
		seen[s.name] = true
		c.step(above, s)
	}
}

func (c *checker) step(above string, s *step) {
	path := join(above, s.name)
	if fault := misnamed(s.name); fault != "" {
		c.fail(join(above, strconv.Quote(s.name)), "the name of a step %s", fault)
	}
	for _, fault := range s.faults {
		c.fail(path, "%s", fault)
	}
	if s.call == nil && (!s.kind.group() || s.kind == decides) {
		c.fail(path, "its function is nil")
	}
	switch {
	case !s.kind.group():
	case len(s.kids) == 0:
		c.fail(path, "it has no steps")
	default:
		c.steps(path, s.kids)
	}
	c.waits(path, s)
	c.memo(path, s)
	c.policies(path, s)
}

// waits checks what a step waits for.
func (c *checker) waits(path string, s *step) {
	switch s.kind {
	case sends:
		if s.topic == "" {
			c.fail(path, "it has no topic to send to")
		}
	case listens:
		c.subscription(path, s.to)
	case lists:
		c.items(path, s)
	case calls:
		if s.child == nil {
			c.fail(path, "it has no process to call")
		}
	case waits:
		if !s.when.set {
			c.fail(path, "it has no time to wait for: give In or At")
		}
		c.when(path, s.when)
	case polls:
		c.interval(path, s)
	}
}

func (c *checker) subscription(path string, to Subscription) {
	if to.topic == "" {
		c.fail(path, "it has no topic to listen to: give one with By")
		return
	}
	for i, p := range to.params {
		c.param(path, p, false)
		if slices.Contains(to.params[:i], p) {
			c.fail(path, "By names parameter %q twice", p)
		}
	}
	if to.early > Drop || to.late > Downstream {
		c.fail(path, "it takes messages in a way that there is not")
	}
}

func (c *checker) items(path string, s *step) {
	if s.item == nil {
		c.fail(path, "its items have no function, or no process, to be called for")
	}
	if s.items.Window < 0 {
		c.fail(path, "its Window must not be below zero")
	}
	if s.items.OnFailure > CancelAll {
		c.fail(path, "it treats failures of items in a way that there is not")
	}
}

func (c *checker) interval(path string, s *step) {
	i := s.interval
	switch {
	case i.PeriodParam != "" && i.Period != 0:
		c.fail(path, "it has a Period and a PeriodParam: give one")
	case i.PeriodParam != "":
		c.param(path, i.PeriodParam, false)
	case i.Period <= 0:
		c.fail(path, "its Period must be above zero")
	}
	if i.Until.set && s.deadline != nil {
		c.fail(path, "it has Until and a deadline: give one")
	}
	c.when(path, i.From)
	c.when(path, i.Until)
}

// policies checks how a step is run.
func (c *checker) policies(path string, s *step) {
	switch r := s.retry; {
	case r.set && r.times < 1:
		c.fail(path, "Retry must allow one try at least")
	case r.first < 0, r.most < 0:
		c.fail(path, "Retry can't wait for less than nothing")
	case r.most != 0 && (r.first == 0 || r.most < r.first):
		c.fail(path, "RetryDoubling must begin above zero and not above its most")
	}
	if s.lost != workflow.Rerun && s.kind.group() && s.kind != decides {
		c.fail(path, "a group is not called, so that AtMostOnce and HoldWhenLost are for its steps")
	}
	if s.join > AnyLeave {
		c.fail(path, "it is over in a way that there is not")
	}
	if d := s.deadline; d != nil {
		if !d.when.set {
			c.fail(path, "its deadline has no time: give In or At")
		}
		if d.then < Fail || d.then > Continue {
			c.fail(path, "its deadline has no effect: give Fail, Skip or Continue")
		}
		if d.then == Continue && s.onDeadline == nil {
			c.fail(path, "its deadline has no effect: Continue needs OnDeadline")
		}
		c.when(path, d.when)
	} else if s.onDeadline != nil && (s.kind != polls || !s.interval.Until.set) {
		c.fail(path, "OnDeadline needs a Deadline")
	}
	if s.onFailure != nil {
		c.steps(join(path, host.OnFailureWord), []*step{s.onFailure})
	}
	if s.onSuccess != nil {
		c.steps(join(path, host.OnSuccessWord), []*step{s.onSuccess})
	}
	if s.onDeadline != nil {
		c.steps(join(path, host.OnDeadlineWord), []*step{s.onDeadline})
	}
	if s.onStop != nil {
		c.steps(join(path, host.OnStopWord), []*step{s.onStop})
	}
}

func (c *checker) when(path string, w When) {
	switch {
	case !w.set:
	case w.param != "":
		c.param(path, w.param, true)
	case w.after <= 0:
		c.fail(path, "In must be above zero, not %s", w.after)
	}
}

// param checks that there is such a parameter, as far as the type tells.
func (c *checker) param(path, param string, isTime bool) {
	if param == "" || slices.Contains(strings.Split(param, "."), "") {
		c.fail(path, "%q is no name of a parameter", param)
		return
	}
	t := c.params
	for _, name := range strings.Split(param, ".") {
		t = bare(t)
		if t.Kind() == reflect.Map {
			t = t.Elem()
			continue
		}
		if t.Kind() != reflect.Struct || ownJSON(t) {
			if t.Kind() != reflect.Interface && !ownJSON(t) {
				c.fail(path, "there is no parameter %q: %s has no fields", param, t)
			}
			return
		}
		known := jsonFields(t)
		next, ok := known[name]
		if !ok {
			c.fail(path, "there is no parameter %q: %s has no field that is %q in JSON%s", param, t, name, nearest(name, known))
			return
		}
		t = next.of
	}
	if isTime && !tellsTime(t) {
		c.fail(path, "parameter %q is no time: it is of type %s, and must be a time.Time, a number of seconds since 1970 or text", param, t)
	}
}

func nearest(name string, known map[string]field) string {
	names := slices.Sorted(maps.Keys(known))
	if hint := document.DidYouMean(name, names); hint != "" {
		return "; " + hint
	}
	return "; it has " + strings.Join(names, ", ")
}

func tellsTime(t reflect.Type) bool {
	t = bare(t)
	switch t.Kind() {
	case reflect.Bool, reflect.Slice, reflect.Array, reflect.Map:
		return false
	case reflect.Struct:
		return t == reflect.TypeFor[time.Time]() || ownJSON(t)
	}
	return true
}

// misnamed says what is wrong with a name; empty is nothing.
func misnamed(name string) string {
	switch {
	case name == "":
		return "is empty"
	case strings.ContainsAny(name, "+^/"):
		return "can't have +, ^ or /"
	case strings.TrimSpace(name) != name, strings.ContainsFunc(name, unicode.IsControl):
		return "can't begin or end with a space, nor have control characters"
	case name == host.OnFailureWord, name == host.OnSuccessWord, name == host.OnDeadlineWord, name == host.OnStopWord:
		return "can't be \"" + name + "\", which stands for what runs then"
	case len(name) > 200:
		return "can't be longer than 200 bytes"
	}
	return ""
}

// named reports whether one of the steps has that name.
func named(steps []*step, name string) bool {
	return slices.ContainsFunc(steps, func(s *step) bool { return s.name == name })
}

// quoted lists the names of steps for people.
func quoted(steps []*step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = strconv.Quote(s.name)
	}
	return strings.Join(names, ", ")
}
