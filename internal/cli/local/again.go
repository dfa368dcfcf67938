package local

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/workflow"
)

// whatNext names the commands that go on from here. A run that resumes found tasks
// that were finished in its session.
func (o *runOptions) whatNext(r planned, resumes bool, s *progress.Summary) (err error) {
	if o.again != "" {
		s.Again = o.again
		return nil
	}
	s.Again = o.command(r)
	switch {
	case !o.allReplayed(s):
		return nil
	case !resumes: // other sessions have made what is memoised, of these very parameters
		s.Rerun = o.command(r, "--rerun")
	default:
		s.Rerun = o.command(r, rerunOf(r.request.Workflow))
		s.Unused = o.given != nil && slices.ContainsFunc([]string{"param", "params-file", "input"}, o.given.Changed)
	}
	s.Newer, err = o.newer(r)
	return err
}

// retry is the command line that builds what is left of a pipeline. What is
// built already is not forced again.
func (o *buildOptions) retry() string {
	if o.pipeline.host != nil {
		return "dag.build()"
	}
	words := []string{o.invoked}
	o.given.SortFlags = false
	o.given.VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Name != "force" {
			words = append(words, flagWords(f)...)
		}
	})
	return strings.Join(words, " ")
}

// allReplayed reports whether there was nothing to do because all had been done.
func (o *runOptions) allReplayed(s *progress.Summary) bool {
	c := s.Counts
	c.Replayed = 0
	return s.State == engine.AttemptSuccess && s.Counts.Replayed > 0 && c == progress.Counts{} &&
		o.goal == "" && o.end == ""
}

// rerunOf is the option that runs a finished session once more: what has changed, where
// memoised tasks know what that is.
func rerunOf(w *workflow.Workflow) string {
	option := "--rerun"
	w.Root.Walk(func(p workflow.Path) bool {
		if p.Nodes[len(p.Nodes)-1].Config.Has(workflow.MemoKey) {
			option = "--anew"
		}
		return option == "--rerun"
	})
	return option
}

// newer is the command that runs the session that is due now, or "" if that is
// the one that has run.
func (o *runOptions) newer(r planned) (string, error) {
	kind := "daily"
	if r.request.Calendar.Schedule != nil {
		kind = "schedule"
	}
	due, err := r.request.Calendar.Session(kind, o.World.Clock.Now(), "", resume.Status{})
	if err != nil || !due.After(r.request.Session) {
		return "", err
	}
	return o.commandFor(r, kind), nil
}

// command is the command line that runs what is left of this session, with more
// options. Those that would run again what is done are left out.
func (o *runOptions) command(r planned, more ...string) string {
	return o.commandFor(r, r.request.Session.In(r.request.Calendar.Zone).Format(time.DateTime), more...)
}

// commandFor is the same for a session as --session takes it.
func (o *runOptions) commandFor(r planned, session string, more ...string) string {
	words := []string{"pawl", "run", console.Quote(r.request.Workflow.Name)}
	for _, a := range o.args[min(1, len(o.args)):] {
		words = append(words, console.Quote(a))
	}
	words = append(words, more...)
	words = append(words, "--session", console.Quote(session))
	o.given.SortFlags = false
	o.given.VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Name != "session" && f.Name != "rerun" && f.Name != "anew" && f.Name != "start" {
			words = append(words, flagWords(f)...)
		}
	})
	return strings.Join(words, " ")
}

// flagWords is a flag as it is given on a command line.
func flagWords(f *pflag.Flag) []string {
	name := "--" + f.Name
	if list, ok := f.Value.(pflag.SliceValue); ok {
		var words []string
		for _, v := range list.GetSlice() {
			words = append(words, name, console.Quote(v))
		}
		return words
	}
	switch value := f.Value.String(); {
	case value == f.NoOptDefVal:
		return []string{name}
	case f.NoOptDefVal != "":
		return []string{name + "=" + console.Quote(value)}
	default:
		return []string{name, console.Quote(value)}
	}
}
