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
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
)

type showLogOptions struct {
	Options
	verbose, follow, timestamps bool
	stream                      string
}

// merged is the stream that is both.
const merged = "merged"

func newLog(world console.IO) *cobra.Command {
	o := showLogOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "log ATTEMPT [+TASK]", Aliases: []string{"logs"}, GroupID: "remote", Args: cobra.RangeArgs(1, 2),
		Short: "Show what the tasks of an attempt on a server print",
		Long: "Show what the tasks of an attempt on a server print, task by task, in the order in which they began.\n" +
			"With the beginning of a full name, such as +daily+load, only those tasks are shown. Where there are several,\n" +
			"a line on standard error says which one the lines after it are from.",
		Example: "  pawl log 35\n  pawl log 35 +daily+load -f\n  pawl log 35 +daily+load --stream stderr --timestamps",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },
	}
	console.Grouped(c, "What is shown", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.follow, "follow", "f", false, "go on until the attempt is done")
		f.StringVar(&o.stream, "stream", merged, "`WHICH` output is shown: stdout, stderr, or merged for both in order")
		f.BoolVar(&o.timestamps, "timestamps", false, "begin each line with when it was printed, in UTC")
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
	stream := o.stream
	switch stream {
	case merged:
		stream = ""
	case "stdout", "stderr":
	default:
		return model.Errorf(model.Invalid, "--stream must be stdout, stderr or %s, not %q", merged, stream)
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		w := logWatcher{
			Server: r, world: o.World, attempt: attempt, prefix: prefix, stream: stream, timestamps: o.timestamps, all: o.verbose,
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
	// stream is the only one that is shown, unless it is empty.
	stream     string
	timestamps bool
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
	at   int64 // how many bytes of lines were shown, or left out by the server
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
	}
	switch {
	case w.printed != "":
	case w.neverBegan(ctx, a):
		_, _ = fmt.Fprintf(w.world.Stderr, "pawl: attempt %s was ended before it began, so nothing of it ran\n", a.ID)
	default:
		_, _ = fmt.Fprintf(w.world.Stderr, "pawl: hint: nothing was printed; `pawl tasks %s` says what failed\n", a.ID)
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

// byTask puts the files of each task together: the tasks by their first file,
// the files of a task by their names, which hold their times.
func byTask(files []client.LogFile) []client.LogFile {
	began := make(map[string]client.Instant)
	for _, f := range files {
		if at, ok := began[f.TaskName]; !ok || f.FileTime.Before(at.Time) {
			began[f.TaskName] = f.FileTime
		}
	}
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(a, b client.LogFile) int {
		return cmp.Or(began[a.TaskName].Compare(began[b.TaskName].Time), cmp.Compare(a.TaskName, b.TaskName),
			cmp.Compare(a.FileName, b.FileName))
	})
	return sorted
}

// show prints the lines of a file from the first one that was not shown. A
// line that has not ended yet is left for later.
func (w *logWatcher) show(ctx context.Context, f client.LogFile, known *shownLog, last bool) error {
	body, err := w.PartOfLog(ctx, w.attempt, f, w.stream, w.timestamps)
	if model.CodeOf(err) == model.NotFound && err != nil {
		return nil // it was removed since it was listed
	}
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // it was only read
	out := bufio.NewWriter(w.world.Stdout)
	at, err := w.copy(console.Fit(out, w.world.Stdout), body, f.TaskName, known.at, last)
	known.at = max(known.at, at)
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

// copy prints the lines of a task's compressed file that begin after the first so
// many bytes, and returns how many bytes are in lines that have ended. A file that
// breaks off is one that is still being written.
func (w *logWatcher) copy(to io.Writer, file io.Reader, task string, skip int64, last bool) (at int64, err error) {
	z, err := gzip.NewReader(file)
	if broken(err) {
		return 0, nil
	}
	if err != nil {
		return 0, model.Errorf(model.Internal, "a log is damaged: %w", err)
	}
	in := bufio.NewReader(z)
	filter := levelFilter{all: w.all}
	for {
		line, err := in.ReadBytes('\n')
		ended := err == nil
		if visible := filter.visible(line); visible && len(line) > 0 && at >= skip && (ended || last) {
			if !ended {
				line = append(line, '\n')
			}
			w.head(task)
			if _, err := to.Write(line); err != nil {
				return at, err
			}
		}
		switch {
		case ended:
			at += int64(len(line)) + leftOut(line)
		case broken(err):
			return at, nil
		default:
			return at, model.Errorf(model.Internal, "a log can't be read: %w", err)
		}
	}
}

// leftOut returns how many bytes more than itself a line stands for: the server
// has such a line in the place of what a log has lost.
func leftOut(line []byte) int64 {
	if !bytes.HasPrefix(line, []byte("pawl: ")) {
		return 0
	}
	var n int64
	if _, err := fmt.Sscanf(string(line), "pawl: %d bytes are left out here\n", &n); err != nil {
		return 0
	}
	return n - int64(len(line))
}

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
