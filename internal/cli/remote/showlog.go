package remote

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
)

type showLogOptions struct {
	Options
	verbose, follow bool
	part            client.Part
}

// merged is the stream that is both.
const merged = "merged"

func newLog(world console.IO) *cobra.Command {
	o := showLogOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "log ATTEMPT [+TASK]", Aliases: []string{"logs"}, GroupID: "remote", Args: cobra.RangeArgs(1, 2),
		Short: "Show what the tasks of an attempt print",
		Long: "Show what the tasks of an attempt print, task by task, in the order in which they began.\n" +
			"With the beginning of a full name, such as +daily+load, only those tasks are shown. Where there are several,\n" +
			"a line on standard error says which one the lines after it are from.",
		Example: "  pawl log 35\n  pawl log 35 +daily+load -f\n  pawl log 35 +daily+load --stream stderr --timestamps\n  pawl log 35 --level warn",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What is shown", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.follow, "follow", "f", false, "go on until the attempt is done")
		f.StringVar(&o.part.Stream, "stream", merged, "`WHICH` output is shown: stdout, stderr, or merged for both in order")
		f.StringVar(&o.part.Level, "level", "", "messages from a `LEVEL` on, and nothing else: debug, info, warn, error")
		f.BoolVar(&o.part.JSON, "json", false, "print an object for each line and for each message")
		f.BoolVar(&o.part.Timestamps, "timestamps", false, "begin each line with when it was printed, in UTC")
		f.BoolVarP(&o.verbose, "verbose", "v", false, "show lines of the levels below INFO, too")
		o.directFlag(f)
	})
	o.Options.Flags(c)
	return c
}

func (o *showLogOptions) run(ctx context.Context, args []string) error {
	attempt, err := id("an attempt", args[0])
	if err != nil {
		return err
	}
	prefix := ""
	if len(args) == 2 {
		if prefix = args[1]; !strings.HasPrefix(prefix, "+") {
			return model.Errorf(model.Invalid, "a task starts with +, not %q", prefix)
		}
	}
	part := o.part
	switch part.Stream {
	case merged:
		part.Stream = ""
	case "stdout", "stderr":
	default:
		return model.Errorf(model.Invalid, "--stream must be stdout, stderr or %s, not %q", merged, part.Stream)
	}
	if _, err := logs.ParseLevel(part.Level); err != nil {
		return fmt.Errorf("--level: %w", err)
	}
	return o.Ask(ctx, func(ctx context.Context, r Server) error {
		w := logWatcher{
			Server: r, world: o.World, attempt: attempt, prefix: prefix, part: part, all: o.verbose || part.Level != "" || part.JSON,
			shown: make(map[string]*shownLog),
		}
		return w.watch(ctx, o.follow)
	})
}

// logWatcher shows the logs of an attempt.
type logWatcher struct {
	Server
	world   console.IO
	attempt client.ID
	prefix  string
	part    client.Part
	// all shows lines of every level.
	all   bool
	shown map[string]*shownLog
	// queued is set once it was said that the attempt waits in the run queue.
	queued bool
	// printed is the task whose line was printed last, if any was; many is set
	// once there are logs of several tasks.
	printed string
	many    bool
}

// shownLog is how much of a log file was shown.
type shownLog struct {
	size int64 // of the file, as the server stores it
	at   int64 // how many bytes of lines were shown, or left out by the server; as JSON, how many lines
	// gap is set once lines after something that is left out were shown.
	gap bool
	// recent are the lines of a part that were shown last, by which it is gone on with
	// where something is left out: how much of the part that is, nobody says.
	recent []string
}

// mostRecent bounds the lines that are remembered.
const mostRecent = 100

// note remembers a line that was shown.
func (k *shownLog) note(line []byte) {
	if len(k.recent) == 2*mostRecent {
		k.recent = append(k.recent[:0], k.recent[mostRecent:]...)
	}
	k.recent = append(k.recent, string(line))
}

// unfinished is how many of the last lines may grow as JSON: one of each stream, and a
// message. Nothing in them says whether they have ended.
const unfinished = 3

// grown reports whether a line was shown otherwise, given how many were shown from it on.
func (k *shownLog) grown(line []byte, from int64) bool {
	i := len(k.recent) - int(from)
	if k.gap || from > unfinished || i < 0 || k.recent[i] == string(line) {
		return false
	}
	k.recent[i] = string(line)
	return true
}

// after returns those of the lines after a gap that were not shown: those after the
// first place where the last ones that were shown stand. All is true where that is
// nowhere.
func (k *shownLog) after(lines [][]byte) (rest [][]byte, all bool) {
	recent := k.recent[max(0, len(k.recent)-mostRecent):]
	for end := 1; end <= len(lines) && len(recent) > 0; end++ {
		n := min(end, len(recent))
		same := func(line []byte, shown string) bool { return string(line) == shown }
		if slices.EqualFunc(lines[end-n:end], recent[len(recent)-n:], same) {
			return lines[end:], false
		}
	}
	return lines, true
}

// The waits between two looks at the logs double while nothing happens.
const (
	firstLook  = 500 * time.Millisecond
	seldomLook = 10 * time.Second
)

// watch shows the logs as they are, or as they become until the attempt is
// done.
func (w *logWatcher) watch(ctx context.Context, follow bool) error {
	for wait := firstLook; ; wait = min(2*wait, seldomLook) {
		a, err := w.Attempt(ctx, w.attempt) // before its logs: once it is done, they are whole
		if err != nil {
			return err
		}
		w.await(&a)
		last := a.Done || !follow
		news, err := w.update(ctx, last)
		if err != nil {
			return err
		}
		if last {
			w.conclude(ctx, &a, follow)
			return w.checkPrefix(ctx)
		}
		if news {
			wait = firstLook
		}
		if !clock.Pause(ctx, w.world.Clock, wait) {
			return ctx.Err()
		}
	}
}

// await says, once, that there is nothing to follow as long as an attempt has not begun.
func (w *logWatcher) await(a *client.Attempt) {
	if a.Status == queuedStatus && !w.queued {
		w.queued = true
		_, _ = fmt.Fprintf(w.world.Stderr, "pawl: attempt %s waits in the run queue; `pawl queue` shows what for\n", a.ID)
	}
}

// conclude says how an attempt has ended that was followed, unless it is well,
// and where to look when no task has printed why.
func (w *logWatcher) conclude(ctx context.Context, a *client.Attempt, follow bool) {
	if !a.Done || a.Success {
		return
	}
	if follow {
		_, _ = fmt.Fprintf(w.world.Stderr, "pawl: attempt %s ended with the status %s\n", a.ID, a.Status)
		w.blame(ctx, a)
	}
	switch {
	case w.printed != "":
	case w.neverBegan(ctx, a):
		_, _ = fmt.Fprintf(w.world.Stderr, "pawl: attempt %s was ended before it began, so nothing of it ran\n", a.ID)
	default:
		_, _ = fmt.Fprintf(w.world.Stderr, "pawl: hint: nothing was printed; `pawl tasks %s` says what failed\n", a.ID)
	}
}

// blame says which tasks have failed, and why.
func (w *logWatcher) blame(ctx context.Context, a *client.Attempt) {
	tasks, err := w.Tasks(ctx, a.ID)
	if err != nil {
		return // the attempt is told of already
	}
	for _, line := range failuresOf(tasks) {
		_, _ = fmt.Fprintf(w.world.Stderr, "pawl: %s\n", line)
	}
}

// neverBegan reports whether an attempt was killed that has no tasks, as it still waited
// in the run queue.
func (w *logWatcher) neverBegan(ctx context.Context, a *client.Attempt) bool {
	if a.Status != "killed" {
		return false
	}
	tasks, err := w.Tasks(ctx, w.attempt)
	return err == nil && len(tasks) == 0
}

// checkPrefix fails where logs are asked for of tasks that do not exist.
func (w *logWatcher) checkPrefix(ctx context.Context) error {
	if w.prefix == "" || len(w.shown) > 0 {
		return nil
	}
	tasks, err := w.Tasks(ctx, w.attempt)
	if err != nil {
		return err
	}
	names := make([]string, len(tasks))
	for i, t := range tasks {
		if strings.HasPrefix(t.FullName, w.prefix) {
			return nil
		}
		names[i] = t.FullName
	}
	e := model.Errorf(model.NotFound, "attempt %s has no task %q", w.attempt, w.prefix)
	return console.Suggest(e, w.prefix, names, fmt.Sprintf("`pawl tasks %s` lists them", w.attempt))
}

// update shows what is new, and reports whether anything is.
func (w *logWatcher) update(ctx context.Context, last bool) (news bool, err error) {
	files, err := w.LogFiles(ctx, w.attempt, w.prefix)
	if err != nil {
		return false, err
	}
	sorted := byTask(files)
	w.many = len(files) > 0 && sorted[0].TaskName != sorted[len(files)-1].TaskName
	for _, f := range sorted {
		known := w.shown[f.FileName]
		if known == nil {
			known = &shownLog{size: -1}
			w.shown[f.FileName] = known
		}
		if known.size == f.FileSize && !last {
			continue
		}
		news = true
		if err := w.show(ctx, f, known, last); err != nil {
			return news, err
		}
		known.size = f.FileSize
	}
	return news, nil
}

// byTask puts the files of each task together: the tasks as they began, and the files of
// a task, too.
func byTask(files []client.LogFile) []client.LogFile {
	began := make(map[string]start)
	for i := range files {
		f := &files[i]
		at := startOf(f)
		if first, ok := began[f.TaskName]; !ok || at.compare(first) < 0 {
			began[f.TaskName] = at
		}
	}
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(a, b client.LogFile) int {
		return cmp.Or(began[a.TaskName].compare(began[b.TaskName]), cmp.Compare(a.TaskName, b.TaskName),
			startOf(&a).compare(startOf(&b)), cmp.Compare(a.FileName, b.FileName))
	})
	return sorted
}

// start is when a log began: tasks that began at one instant are in the order of their
// numbers, which is that of the definition.
type start struct {
	at   time.Time
	task int64
}

func (s start) compare(t start) int { return cmp.Or(s.at.Compare(t.at), cmp.Compare(s.task, t.task)) }

// nameTime is where a name has the seconds and the nanoseconds of a start.
var nameTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`@([0-9a-f]{8})([0-9a-f]{8})\.[^@/]*\.log\.gz$`)
})

// startOf returns when a log began: the name has more of it than the time that comes
// with it, whose seconds are whole.
func startOf(f *client.LogFile) start {
	s := start{at: f.FileTime.Time}
	if m := nameTime().FindStringSubmatch(f.FileName); m != nil {
		sec, _ := strconv.ParseInt(m[1], 16, 64) // the pattern has digits only
		nsec, _ := strconv.ParseInt(m[2], 16, 64)
		s.at = time.Unix(sec, nsec)
	}
	number, _, _ := strings.Cut(f.AgentID, "-")
	s.task, _ = strconv.ParseInt(number, 10, 64) // of another server it may be none
	return s
}

// show prints the lines of a file from the first one that was not shown. A
// line that has not ended yet is left for later.
func (w *logWatcher) show(ctx context.Context, f client.LogFile, known *shownLog, last bool) error {
	body, err := w.PartOfLog(ctx, w.attempt, f, w.part)
	if model.CodeOf(err) == model.NotFound && err != nil {
		return nil // it was removed since it was listed
	}
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // it was only read
	out := bufio.NewWriter(w.world.Stdout)
	err = w.copy(console.Fit(out, w.world.Stdout), body, f.TaskName, known, last)
	return errors.Join(err, out.Flush())
}

// head says that the next line is from a task, unless that is clear. What was
// printed before is on its way already. It goes to standard error, so that
// standard output has what tasks printed, and nothing else.
func (w *logWatcher) head(task string) {
	if w.many && task != w.printed {
		_, _ = fmt.Fprintf(w.world.Stderr, "==> %s <==\n", task)
	}
	w.printed = task
}

// copy prints the lines of a task's compressed file that were not shown. A file that
// breaks off is one that is still being written.
func (w *logWatcher) copy(to io.Writer, file io.Reader, task string, known *shownLog, last bool) error {
	z, err := gzip.NewReader(file)
	if broken(err) {
		return nil
	}
	if err != nil {
		return model.Errorf(model.Internal, "a log is damaged: %w", err)
	}
	in := bufio.NewReader(z)
	filter := levelFilter{all: w.all}
	part := w.part != client.Part{}
	var gap []byte    // the line that tells of it, of a part
	var tail [][]byte // what comes after it
	at, skip := int64(0), known.at
	for {
		line, err := in.ReadBytes('\n')
		ended := err == nil
		visible := filter.visible(line) && len(line) > 0 && (ended || last)
		switch {
		case part && gap == nil && leftOut(line) > 0:
			gap = line
		case gap != nil && visible:
			tail = append(tail, line)
		case gap == nil && visible && at >= skip:
			if err := w.print(to, line, task, known); err != nil {
				return err
			}
		case gap == nil && visible && w.part.JSON && known.grown(line, skip-at):
			if err := w.write(to, line, task); err != nil {
				return err
			}
		}
		switch {
		case ended && gap == nil && w.part.JSON:
			at++
			known.at = max(known.at, at)
		case ended && gap == nil:
			n := int64(len(line))
			if lost := leftOut(line); lost > 0 {
				n = lost
			}
			at += n
			known.at = max(known.at, at)
		case ended:
		case broken(err):
			return w.goOn(to, gap, tail, task, known)
		default:
			return model.Errorf(model.Internal, "a log can't be read: %w", err)
		}
	}
}

// goOn prints what comes after a gap and was not shown.
func (w *logWatcher) goOn(to io.Writer, gap []byte, tail [][]byte, task string, known *shownLog) error {
	rest, all := known.after(tail)
	known.gap = known.gap || gap != nil
	if all && gap != nil {
		rest = append([][]byte{gap}, rest...)
	}
	for _, line := range rest {
		if err := w.print(to, line, task, known); err != nil {
			return err
		}
	}
	return nil
}

// print prints a line, which may lack its end.
func (w *logWatcher) print(to io.Writer, line []byte, task string, known *shownLog) error {
	if line[len(line)-1] != '\n' {
		line = append(line, '\n')
	}
	if (w.part != client.Part{}) {
		known.note(line)
	}
	return w.write(to, line, task)
}

func (w *logWatcher) write(to io.Writer, line []byte, task string) error {
	w.head(task)
	_, err := to.Write(line)
	return err
}

// leftOut returns how many bytes of what tasks have printed a line stands for: the
// server has such a line in the place of what a log has lost.
func leftOut(line []byte) (n int64) {
	text := line
	if i := bytes.Index(line, []byte(leftOutObject)); i >= 0 {
		text = line[i+len(leftOutObject)-len(leftOutText):]
	}
	if !bytes.HasPrefix(text, []byte(leftOutText)) {
		return 0
	}
	var end string
	if _, err := fmt.Sscanf(string(text), leftOutText+"%d bytes are left out %s", &n, &end); err != nil || !strings.HasPrefix(end, "here") {
		return 0
	}
	return n
}

// What such a line begins with, and where it is in an object.
const (
	leftOutText   = "pawl: "
	leftOutObject = `"message":"pawl: `
)

// broken reports whether a file ended before it was over.
func broken(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// levelFilter leaves out lines of low levels. A line without a level is like
// the one before it.
type levelFilter struct{ all, hidden bool }

var logLevel = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9: \-+.]*\[([A-Za-z]+)\]`) })

func (f *levelFilter) visible(line []byte) bool {
	if m := logLevel().FindSubmatch(line); m != nil {
		switch string(bytes.ToUpper(m[1])) {
		case "TRACE", "DEBUG":
			f.hidden = true
		case "INFO", "WARN", "ERROR":
			f.hidden = false
		}
	}
	return f.all || !f.hidden
}
