// Package slurm launches programs on a SLURM cluster, by its command line: sbatch,
// squeue and scancel. It needs no accounting database. Machines of the cluster and
// this one must share no files: what a program reads travels with its script.
package slurm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/tool"
	"github.com/pawlhq/pawl/runner"
)

// Config says how jobs are submitted.
type Config struct {
	// Partition has the jobs of tasks without a queue. Defaults to the cluster's
	// choice.
	Partition string
	// Partitions has the partition of each queue whose name is another.
	Partitions map[string]string
	// Output is where a job's own output goes, as sbatch has it. It has no output
	// of tasks, but says why a job could not begin. Defaults to nowhere.
	Output string
	// Images are the words of a command that runs another in an image, such as
	// apptainer, exec, {image}. Without them tasks can't have images.
	Images []string
	// Options are further ones of sbatch.
	Options []string
	// Env is the environment of the command line, which jobs get, too.
	Env []string
}

// Launcher launches programs as jobs of a cluster.
type Launcher struct {
	cfg                    Config
	sbatch, squeue, cancel tool.Tool

	mu sync.Mutex
	// forgotten are jobs that squeue lists until the cluster forgets them.
	forgotten map[int64]bool
}

var _ runner.Launcher = (*Launcher)(nil)

const hintInstall = "install the clients of SLURM (slurm-client), or add their folder to PATH"

// Open returns a launcher. It is Invalid where there are no clients of SLURM. Whether
// the cluster answers, Check says.
func Open(cfg Config) (_ *Launcher, err error) {
	l := &Launcher{cfg: cfg, forgotten: make(map[int64]bool)}
	for name, at := range map[string]*tool.Tool{"sbatch": &l.sbatch, "squeue": &l.squeue, "scancel": &l.cancel} {
		if *at, err = tool.Find(name, cfg.Env); err != nil {
			return nil, model.Errorf(model.Invalid, "%w", err).WithHint(hintInstall)
		}
	}
	if len(cfg.Images) > 0 && !strings.Contains(strings.Join(cfg.Images, " "), imageWord) {
		return nil, model.Errorf(model.Invalid, "the command for images does not say where the image comes").
			WithHint("write it as: apptainer exec %s", imageWord)
	}
	return l, nil
}

const imageWord = "{image}"

// Check asks the cluster for an answer.
func (l *Launcher) Check(ctx context.Context) error {
	_, err := l.jobs(ctx)
	return err
}

// Launch implements runner.Launcher.
func (l *Launcher) Launch(ctx context.Context, o runner.Order) error {
	var own Options
	if err := o.ReadOptions(&own); err != nil {
		return err
	}
	script, err := l.script(&o)
	if err != nil {
		return err
	}
	_, err = l.sbatch.Call(ctx, script, l.options(&o, &own)...)
	return explain(err)
}

// Options are what a task may say to SLURM.
type Options struct {
	// Partition comes before that of the task's queue.
	Partition string `json:"partition"`
	// Account is who pays.
	Account string `json:"account"`
	// Options are further ones of sbatch, after those of the settings.
	Options []string `json:"options"`
}

// options returns those of sbatch for a job. One that can't begin on a machine is
// not to wait for somebody who lets it: it fails.
func (l *Launcher) options(o *runner.Order, own *Options) []string {
	args := []string{"--parsable", "--no-requeue", "--job-name=" + o.Name, "--comment=" + o.Task, "--chdir=/"}
	output := l.cfg.Output
	if output == "" {
		output = os.DevNull
	}
	args = append(args, "--output="+output)
	partition := l.cfg.Partition
	if o.Queue != "" {
		partition = o.Queue
		if at, ok := l.cfg.Partitions[o.Queue]; ok {
			partition = at
		}
	}
	if partition = cmp.Or(own.Partition, partition); partition != "" {
		args = append(args, "--partition="+partition)
	}
	if o.Priority != 0 {
		args = append(args, fmt.Sprintf("--nice=%d", -o.Priority))
	}
	r := &o.Resources
	if r.CPU > 0 {
		args = append(args, fmt.Sprintf("--cpus-per-task=%d", (r.CPU+999)/1000))
	}
	if r.Memory > 0 {
		args = append(args, fmt.Sprintf("--mem=%dM", (r.Memory+1<<20-1)>>20))
	}
	if r.GPU > 0 {
		args = append(args, fmt.Sprintf("--gres=gpu:%d", r.GPU))
	}
	if r.Time > 0 { // in minutes, which SLURM counts in
		args = append(args, fmt.Sprintf("--time=%d", (r.Time+59)/60))
	}
	args = append(args, l.cfg.Options...)
	if own.Account != "" {
		args = append(args, "--account="+own.Account)
	}
	return append(args, own.Options...)
}

// temporary are words of errors that another time may not have.
var temporary = []string{
	"contact", "timed out", "timeout", "Connection", "connect", "temporarily", "Zero Bytes", "Resource temporarily",
	"violates accounting/QOS policy", "try again", "configuration source", "Unable to", "DNS",
}

// explain says whether an error of sbatch will stay.
func explain(err error) error {
	if err == nil || !errors.As(err, new(*tool.Failed)) {
		return err
	}
	said := tool.Said(err)
	for _, word := range temporary {
		if strings.Contains(said, word) {
			return model.Errorf(model.Unavailable, "%w", err)
		}
	}
	return model.Errorf(model.Invalid, "%w", err)
}

// Cancel implements runner.Launcher.
func (l *Launcher) Cancel(ctx context.Context, name string) error {
	_, err := l.cancel.Call(ctx, nil, "--user="+user(), "--name="+name)
	return err
}

// Forget implements runner.Launcher.
func (l *Launcher) Forget(ctx context.Context, name string) error {
	jobs, err := l.jobs(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		if j.Name == name {
			l.forgotten[j.number] = true
		}
	}
	return nil
}

// Close implements runner.Launcher.
func (l *Launcher) Close() error { return nil }

// job is what the cluster knows of a job.
type job struct {
	runner.Status
	number int64
}

// List implements runner.Launcher.
func (l *Launcher) List(ctx context.Context, prefix string) ([]runner.Status, error) {
	jobs, err := l.jobs(ctx)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	there := make(map[int64]bool, len(jobs))
	var list []runner.Status
	for _, j := range jobs {
		there[j.number] = true
		if strings.HasPrefix(j.Name, prefix) && !l.forgotten[j.number] {
			list = append(list, j.Status)
		}
	}
	maps.DeleteFunc(l.forgotten, func(number int64, _ bool) bool { return !there[number] })
	return list, nil
}

// fields are those of a line of squeue. Names come last: others may have any.
const fields = "JobID:|,State:|,exit_code:|,Reason:|,Name:|"

// jobs returns the jobs of this user, the newest of each name.
func (l *Launcher) jobs(ctx context.Context) ([]job, error) {
	out, err := l.squeue.Call(ctx, nil, "--noheader", "--states=all", "--user="+user(), "--Format="+fields)
	if err != nil {
		return nil, model.Errorf(model.Unavailable, "%w", err)
	}
	newest := make(map[string]job)
	for line := range strings.Lines(out) {
		j, err := parse(strings.TrimRight(line, "\n"))
		if err != nil {
			return nil, err
		}
		if last, ok := newest[j.Name]; !ok || last.number < j.number {
			newest[j.Name] = j
		}
	}
	return slices.Collect(maps.Values(newest)), nil
}

func parse(line string) (job, error) {
	f := strings.SplitN(line, "|", 5)
	if len(f) < 5 {
		return job{}, model.Errorf(model.Internal, "squeue says %.80q", line)
	}
	number, err := strconv.ParseInt(f[0], 10, 64)
	code, codeErr := strconv.Atoi(f[2])
	if err := errors.Join(err, codeErr); err != nil {
		return job{}, model.Errorf(model.Internal, "squeue says %.80q: %w", line, err)
	}
	s := status(f[1], code)
	if s.Name = strings.TrimSuffix(f[4], "|"); s.Reason == "" && f[3] != "None" {
		s.Reason = f[3]
	}
	return job{s, number}, nil
}

// status returns what a state of SLURM means; code is as wait(2) has it.
func status(state string, code int) runner.Status {
	s := runner.Status{State: runner.Lost}
	switch state {
	case "PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD":
		s.State = runner.Waiting
	case "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "STAGE_OUT", "SIGNALING", "RESIZING":
		s.State = runner.Running
	case "COMPLETED":
		s.State = runner.Exited
	case "FAILED":
		if code&0x7f == 0 { // no signal ended it
			s.State, s.Code = runner.Exited, code>>8
		}
	case "TIMEOUT", "DEADLINE":
		s.State, s.Reason = runner.Failed, "it took longer than its job may"
	case "OUT_OF_MEMORY":
		s.State, s.Reason = runner.Failed, "out of memory"
	default: // CANCELLED, PREEMPTED, NODE_FAIL, BOOT_FAIL, REVOKED
		s.Reason = strings.ToLower(state)
	}
	return s
}

// user returns the number of the user whose jobs they are.
func user() string { return strconv.Itoa(os.Getuid()) }
