package engine_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

var update = flag.Bool("update", false, "rewrite the answers recorded in testdata")

// TestHistories plays the histories in testdata. A file holds a workflow, a
// line of dashes and commands, each followed by the engine's recorded answer,
// which is indented. With -update the answers are written anew.
func TestHistories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (-recorded +now):\n%s", file, diff)
			}
		})
	}
}

const dashes = "---\n"

// play runs the commands of a history and returns its text with the answers
// that the engine gives now.
func play(t *testing.T, text string) string {
	head, script, ok := strings.Cut(text, dashes)
	if !ok {
		t.Fatalf("no line of dashes after the workflow")
	}
	def, p := parseWorkflow(t, head)
	h := &history{t: t, driver: newDriver(def, p)}
	var out strings.Builder
	out.WriteString(head + dashes)
	for line := range strings.Lines(script) {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		out.WriteString(line)
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for _, answer := range h.run(line) {
			out.WriteString("  " + answer + "\n")
		}
		if err := h.driver.remembers(); err != nil {
			t.Errorf("after %q: %v", line, err)
		}
	}
	return out.String()
}

// history runs the lines of a script.
type history struct {
	t      *testing.T
	driver *driver
	report reporter
}

func (h *history) run(line string) []string {
	h.report = reporter{attempt: h.driver.attempt}
	w := &words{tb: h.t, text: line}
	verb := w.next()
	if inspect, ok := inspections[verb]; ok {
		inspect(h, w)
	} else if read, ok := verbs[verb]; ok {
		step, err := h.driver.apply(read(&stimulus{words: w, driver: h.driver}))
		h.answer(step, err)
	} else {
		h.t.Fatalf("unknown command %q", line)
	}
	if w.more() {
		h.t.Fatalf("%q: %q is too much", line, w.text)
	}
	return h.report.lines
}

func (h *history) answer(step *engine.Step, err error) {
	var refused *model.Error
	switch {
	case errors.As(err, &refused):
		h.report.line("%v: %s", refused.Code, refused.Message)
	case err != nil:
		h.t.Error(err)
	}
	h.report.step(step)
}

// inspections are the lines that are not commands of the engine.
var inspections = map[string]func(*history, *words){
	"tick": func(h *history, w *words) {
		h.driver.tick(w.duration(), func(c engine.Command, step *engine.Step, err error) {
			if kind := map[engine.CommandKind]string{engine.Wake: "wake", engine.Expire: "expire"}[c.Kind]; len(step.Events) > 0 {
				h.report.line("%s: %s %s", clock(h.driver.now), kind, h.report.name(c.Task))
			}
			h.answer(step, err)
		})
	},
	"crash": func(h *history, w *words) {
		step, err := h.driver.crash()
		if err != nil {
			h.t.Fatal(err)
		}
		h.report.attempt = h.driver.attempt
		h.report.step(step)
	},
	"state": func(h *history, w *words) { h.report.state() },
	"scope": func(h *history, w *words) {
		id := h.driver.find(w)
		h.report.line("%v", h.driver.dispatched[id].Scope)
	},
	"next-wake": func(h *history, w *words) {
		if at := h.driver.attempt.NextWake(); at != 0 {
			h.report.line("%s", clock(at))
		} else {
			h.report.line("none")
		}
	},
}

// stimulus reads the rest of a line that is a command of the engine.
type stimulus struct {
	*words
	driver *driver
}

var verbs = map[string]func(*stimulus) engine.Command{
	"begin":     func(*stimulus) engine.Command { return engine.Command{Kind: engine.Begin} },
	"ok":        (*stimulus).succeed,
	"fail":      (*stimulus).fail,
	"wait":      (*stimulus).waitFor,
	"cancelled": func(s *stimulus) engine.Command { return s.report(engine.TryCancelled) },
	"lose":      func(s *stimulus) engine.Command { return s.report(engine.Lose) },
	"judge": func(s *stimulus) engine.Command {
		c := s.report(engine.Judge)
		c.Verdict = &engine.Verdict{Reason: s.next()}
		return c
	},
	"wake":    func(s *stimulus) engine.Command { return s.about(engine.Wake) },
	"expire":  func(s *stimulus) engine.Command { return s.about(engine.Expire) },
	"deliver": (*stimulus).deliver,
	"append": func(s *stimulus) engine.Command {
		c := s.about(engine.Append)
		c.Node = s.tree()
		return c
	},
	"again":   func(s *stimulus) engine.Command { return s.about(engine.Again) },
	"cancel":  func(s *stimulus) engine.Command { return s.about(engine.Cancel) },
	"kill":    func(*stimulus) engine.Command { return engine.Command{Kind: engine.Kill} },
	"edit":    func(s *stimulus) engine.Command { return engine.Command{Kind: engine.Edit, Params: s.object()} },
	"skip-to": func(s *stimulus) engine.Command { return s.about(engine.SkipTo) },
	"skip":    func(s *stimulus) engine.Command { return s.about(engine.Skip) },
}

// find reads a task: "+a" is the newest of that name, "+a#2" the second.
func (d *driver) find(w *words) model.TaskID {
	name, number, numbered := strings.Cut(w.next(), "#")
	if root := d.attempt.Task(0).Name; name != root {
		name = root + name
	}
	if !numbered {
		id, ok := d.attempt.Find(name)
		if !ok {
			w.failf("no task %s", name)
		}
		return id
	}
	for v := range d.attempt.Tasks() {
		if v.Name != name {
			continue
		}
		if number == "1" {
			return v.ID
		}
		n, _ := params.ToInt(number)
		number = fmt.Sprint(n - 1)
	}
	w.failf("no such task %s", name)
	return 0
}

// about reads the task of a command.
func (s *stimulus) about(kind engine.CommandKind) engine.Command {
	return engine.Command{Kind: kind, Task: s.driver.find(s.words)}
}

// report reads the task of a report and, optionally, the try: "+a try 1".
func (s *stimulus) report(kind engine.CommandKind) engine.Command {
	c := s.about(kind)
	c.Try = s.driver.try(c.Task)
	if s.accept("try") {
		n, _ := params.ToInt(s.next())
		c.Try = int32(n)
	}
	return c
}

func (s *stimulus) succeed() engine.Command {
	c := s.report(engine.Succeed)
	r := &engine.Result{}
	for s.more() {
		switch word := s.next(); word {
		case "store":
			r.Store = s.object()
		case "export":
			r.Export = s.object()
		case "reset":
			r.Reset = append(r.Reset, s.next())
		case "output":
			r.Outputs = append(r.Outputs, s.next())
		case "items":
			r.Items, _ = s.value().([]params.Value)
		case "stop":
			r.Stop = true
		case "send":
			r.Records = append(r.Records, engine.Record{Topic: s.next(), Key: s.next()})
		case "replayed":
			r.Replayed = true
		case "version":
			r.Version = s.next()
		case "judged":
			c.Verdict = &engine.Verdict{Reason: s.next()}
		case "up-to-date":
			c.Verdict = &engine.Verdict{Skip: true, Reason: s.next()}
		case "sub":
			r.Node = s.tree()
			r.Subtasks = params.Of("_type", "do")
		default:
			s.failf("unknown result %q", word)
		}
	}
	c.Result = r
	return c
}

func (s *stimulus) fail() engine.Command {
	c := s.report(engine.Fail)
	f := &engine.Failure{}
	for s.more() {
		switch word := s.next(); word {
		case "retry":
			f.Retry = s.retry()
		case "state":
			f.State = s.object()
		case "error":
			f.Error = s.object()
		case "buries":
			f.Bury = true
		case "judged":
			c.Verdict = &engine.Verdict{Reason: s.next()}
		default:
			f.Error = params.Of("message", word)
		}
	}
	c.Failure = f
	return c
}

func (s *stimulus) waitFor() engine.Command {
	c := s.report(engine.WaitFor)
	wait := &engine.Wait{}
	for s.more() {
		switch word := s.next(); word {
		case "for":
			wait.Until = s.driver.now.Add(s.duration())
		case "at":
			wait.Until = epoch.Add(s.duration())
		case "key":
			wait.Keys = append(wait.Keys, engine.Key{Topic: s.next(), Value: s.next()})
		case "param":
			wait.Keys[len(wait.Keys)-1].Param = s.next()
		case "fresh":
			wait.Keys[len(wait.Keys)-1].Fresh = true
		case "state":
			wait.State = s.object()
		case "store":
			wait.Store = s.object()
		case "reset":
			wait.Reset = append(wait.Reset, s.next())
		case "postponed":
			wait.Postpone = true
		case "send":
			wait.Records = append(wait.Records, engine.Record{Topic: s.next(), Key: s.next()})
		default:
			s.failf("unknown wait %q", word)
		}
	}
	c.Wait = wait
	return c
}

func (s *stimulus) deliver() engine.Command {
	c := s.about(engine.Deliver)
	c.Message = messageFrom(strings.TrimPrefix(s.next(), "-"), s.next())
	if s.more() {
		c.Message.Body = s.value()
	}
	return c
}
