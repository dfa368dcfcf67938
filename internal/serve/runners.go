package serve

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/runners/container"
	"github.com/pawlhq/pawl/internal/runners/launch"
	"github.com/pawlhq/pawl/internal/runners/plugin"
	"github.com/pawlhq/pawl/internal/runners/process"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/runners/slurm"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// Runners that need no launcher.
const (
	runsHere    = "local"
	runsEager   = "eager"
	runsOnQueue = "queue"
)

// launches is what a launcher is used with.
type launches struct {
	runner.Launcher
	// command begins the command line of programs: pawl, where they run.
	command []string
	// slots bounds the programs that a server has out. Zero is no bound.
	slots int
	// kind is the name of the runner.
	kind string
	// images tells that programs run in the images that tasks ask for.
	images bool
	// allowed are the options for it that tasks may have, or `*` for all.
	allowed []string
	// check, if not nil, asks for an answer.
	check func(context.Context) error
}

// opensLauncher opens a launcher as the settings say. Env is the environment of what
// it calls.
type opensLauncher = func(s *settings, env []string, log *slog.Logger) (*launches, error)

// launchers are the runners that have each task run by a program of its own.
func launchers() []kind.Constructor[opensLauncher] {
	return []kind.Constructor[opensLauncher]{
		{Type: kind.Type{Name: "process", Doc: "a program of its own for each task, on the machine of the server, which it outlives", Options: []kind.Option{
			{Name: "process.cgroup", Form: kind.Folder, Computed: "none: nothing is limited", Doc: "control group (version 2) that is the server's, with the controllers `cpu` and `memory`: below it, tasks are kept to what they need"},
			{Name: "process.limits", Form: kind.Word, Words: []string{limitsRequired, limitsBest}, Doc: "whether a server begins whose `process.cgroup` can't be used: with `best`, it says so in its log and limits nothing"},
			{Name: "process.processes", Form: kind.Count, Computed: "any number", Doc: "most processes and threads of a task, which needs the controller `pids`, too"},
		}}, Make: openProcesses},
		{Type: kind.Type{Name: "slurm", Doc: "a job of a SLURM cluster for each task", Options: []kind.Option{
			{Name: "slurm.partition", Computed: "the cluster's choice", Doc: "partition of tasks without a queue"},
			{Name: "slurm.partitions.<queue>", Computed: "the name of the queue", Doc: "partition of the tasks of a queue"},
			{Name: "slurm.command", Computed: "that of the server", Doc: "path of pawl on the machines of the cluster"},
			{Name: "slurm.images", Computed: "none: tasks can't have images", Doc: "command that runs another in an image, such as `apptainer exec {image}`"},
			{Name: "slurm.output", Computed: "nowhere", Doc: "file for what a job itself writes, as `sbatch --output` has it"},
			{Name: "slurm.options", Form: kind.List, Computed: "none", Doc: "further options of `sbatch`, such as `--account=a,--time=60`"},
		}}, Make: openSlurm},
		{Type: kind.Type{Name: "docker", Doc: "a container of Docker for each task", Options: containerOptions("docker")}, Make: openContainers("docker", true)},
		{Type: kind.Type{Name: "podman", Doc: "a container of Podman for each task", Options: containerOptions("podman")}, Make: openContainers("podman", false)},
	}
}

func containerOptions(name string) []kind.Option {
	return []kind.Option{
		{Name: name + ".image", Computed: "none: each task must name one", Doc: "image of tasks that name none"},
		{Name: name + ".command", Computed: "that of the server, which containers get to see", Doc: "path of pawl in images"},
		{Name: name + ".network", Computed: "the engine's choice", Doc: "network of containers"},
		{Name: name + ".volumes", Form: kind.List, Computed: "none", Doc: "what containers see of the machine, as `/data:/data:ro`"},
		{Name: name + ".options", Form: kind.List, Computed: "none", Doc: "further options of `" + name + " create`"},
		{Name: name + ".program", Default: name, Doc: "the command line of the engine: its name on `PATH`, or its path"},
	}
}

// runnerTypes are all that run tasks.
func runnerTypes() []kind.Type {
	return append([]kind.Type{
		{Name: runsHere, Doc: "the server itself, several tasks at a time"},
		{Name: runsEager, Doc: "the server itself, one task after the other"},
		{Name: runsOnQueue, Doc: "workers, which take tasks from queues in the PostgreSQL of the servers", Options: []kind.Option{
			{Name: "queue.names", Form: kind.List, Default: queue.Default, Doc: "queues that a worker works on"},
			{Name: "queue.grace", Form: kind.Duration, Computed: "as long as it takes", Doc: "how long a worker that is told to end waits for its tasks"},
		}},
	}, kind.Types(launchers())...)
}

// hasRunnerPlugin reports whether a runner has a plug-in.
func hasRunnerPlugin(name string) bool {
	_, err := plugin.Kind.Find(name)
	return err == nil
}

// runs reads who runs tasks: one of the section's types, or one that has a plug-in.
func (s *settings) runs() string {
	const key = "runner.type"
	words := s.option(key).Section.TypeNames()
	what := "one of " + strings.Join(words, ", ") + ", or a runner that has a plug-in on PATH"
	return readAs(s, key, what, func(text string) (string, error) {
		text = strings.ToLower(text)
		if slices.Contains(words, text) || hasRunnerPlugin(text) {
			return text, nil
		}
		hint := document.DidYouMean(text, words)
		return "", kind.Hint(cmp.Or(hint, "there is no program "+plugin.Kind.Program(text)+" on PATH"))
	})
}

// openRunnerPlugin opens a runner that has a plug-in.
func openRunnerPlugin(s *settings, name string, env []string, log *slog.Logger) (*launches, error) {
	l := plugin.Open(plugin.Options{Type: name, Settings: s.Flat("runner." + name), Env: env, Log: log})
	command, err := ownCommand("")
	return &launches{Launcher: l, command: command, images: name == "kubernetes", check: l.Check}, err
}

// What becomes of a server whose control group can't be used.
const (
	limitsRequired = "required"
	limitsBest     = "best"
)

func openProcesses(s *settings, env []string, log *slog.Logger) (*launches, error) {
	l, err := process.Open(process.Config{
		Dir: filepath.Join(s.dataDir(), "programs"), Env: env, Cgroup: s.text("runner.process.cgroup"),
		Processes: s.number("runner.process.processes"), Best: s.choice("runner.process.limits") == limitsBest, Log: log,
	})
	if err != nil {
		return nil, err
	}
	command, err := ownCommand("")
	return &launches{Launcher: l, command: command, slots: s.machineSlots()}, err
}

func openSlurm(s *settings, env []string, _ *slog.Logger) (*launches, error) {
	l, err := slurm.Open(slurm.Config{
		Partition: s.text("runner.slurm.partition"), Partitions: s.Flat("runner.slurm.partitions"), Output: s.text("runner.slurm.output"),
		Images: strings.Fields(s.text("runner.slurm.images")), Options: kind.SplitList(s.text("runner.slurm.options")), Env: env,
	})
	if err != nil {
		return nil, err
	}
	command, err := ownCommand(s.text("runner.slurm.command"))
	return &launches{Launcher: l, command: command, images: true, allowed: []string{anyOption}, check: l.Check}, err
}

// inContainers is where containers see the program of the server.
const inContainers = "/usr/local/bin/pawl"

func openContainers(name string, init bool) opensLauncher {
	return func(s *settings, env []string, _ *slog.Logger) (*launches, error) {
		at := "runner." + name + "."
		cfg := container.Config{
			Program: s.text(at + "program"), Image: s.text(at + "image"), Init: init, Network: s.text(at + "network"),
			Volumes: kind.SplitList(s.text(at + "volumes")), Options: kind.SplitList(s.text(at + "options")), Env: env,
		}
		command, err := ownCommand(s.text(at + "command"))
		if err != nil {
			return nil, err
		}
		if s.text(at+"command") == "" {
			cfg.Volumes = append(cfg.Volumes, command[0]+":"+inContainers+":ro")
			command[0] = inContainers
		}
		l, err := container.Open(cfg)
		if err != nil {
			return nil, err
		}
		return &launches{Launcher: l, command: command, images: true, slots: s.machineSlots(), check: l.Check}, nil
	}
}

// ownCommand returns the command that runs a try: of this program, unless another is
// given.
func ownCommand(path string) ([]string, error) {
	if path == "" {
		own, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the program for tasks: %w", err)
		}
		path = own
	}
	return []string{path, "try"}, nil
}

// machineSlots is how many programs a machine runs at a time.
func (s *settings) machineSlots() int {
	return cmp.Or(s.number("agent.max-task-threads"), runtime.NumCPU())
}

// launcher opens the launcher of the runner that the settings choose, which is one that
// has each task run by a program.
func (s *settings) launcher(env []string, log *slog.Logger) (*launches, error) {
	chosen := s.runs()
	if s.err != nil {
		return nil, s.err
	}
	if err := s.reachable(chosen); err != nil {
		return nil, err
	}
	open, ok := kind.Find(launchers(), chosen)
	if !ok {
		open = func(s *settings, env []string, log *slog.Logger) (*launches, error) {
			return openRunnerPlugin(s, chosen, env, log)
		}
	}
	l, err := open(s, ofTasks(env), log)
	if err != nil {
		return nil, err
	}
	l.kind = chosen
	if n := s.number("runner.slots"); n > 0 {
		l.slots = n
	}
	if text := s.text("runner.task-options"); text != "" {
		l.allowed = kind.SplitList(text)
	}
	return l, s.err
}

// reachable refuses a database that the programs of a runner can't reach.
func (s *settings) reachable(chosen string) error {
	switch kind := s.databaseKind(); {
	case kind == kindPostgres, kind != kindMemory && chosen == "process":
		return nil
	case kind == kindMemory:
		return model.Errorf(model.Invalid, "tasks of the runner %s are programs of their own, which can't reach a database in memory", chosen).
			WithHint("leave runner.type out, or set database.type")
	}
	return model.Errorf(model.Invalid, "tasks of the runner %s run elsewhere, where an embedded database can't be reached", chosen).
		WithHint("set database.type to postgresql, or runner.type to process, whose tasks run on this machine")
}

// instanceName tells the programs of servers of one database from others.
func (s *settings) instanceName() (string, error) {
	if name := s.text("runner.instance"); name != "" {
		return name, launch.CheckInstance(name)
	}
	where := s.databaseFile()
	if s.databaseKind() == kindPostgres {
		of := s.postgres()
		u, err := url.Parse(of.URL)
		if err != nil {
			return "", model.Errorf(model.Invalid, "database.url is no URL").WithHint("write postgres://USER@HOST:PORT/DATABASE")
		}
		where = u.Host + u.Path + "?" + u.Query().Get("host") + "#" + of.Schema
	} else if absolute, err := filepath.Abs(where); err == nil {
		host, _ := os.Hostname() // one without a name has one database
		where = host + ":" + absolute
	}
	sum := sha256.Sum256([]byte(where))
	return hex.EncodeToString(sum[:4]), nil
}

// launchTasks makes the server have each task run by a program.
func (s *Server) launchTasks(set *settings, cfg *Config, loops *daemon.Config) (err error) {
	if s.launches, err = set.launcher(cfg.Env, cfg.Log); err != nil {
		return err
	}
	instance, err := set.instanceName()
	if err != nil {
		return err
	}
	reference, err := referenceOf(cfg.Settings)
	if err != nil {
		return err
	}
	with := launch.Config{
		Launcher: s.launches, Instance: instance, Order: s.launches.orders(reference, cfg), Deliver: worker.Post(s.store), Failed: failedLaunch,
		Slots: s.launches.slots, Poll: max(set.limit("runner.poll"), 10*time.Millisecond), Log: cfg.Log,
	}
	loops.Queue = func(*worker.Worker) (daemon.Tasks, error) { return launch.New(with), nil }
	return set.err
}

// failedLaunch is the outcome of a try that could not run.
func failedLaunch(reason error) runner.Outcome {
	why := params.Of("message", reason.Error())
	if hint := model.HintsOf(reason); hint != "" {
		why = why.Set("hint", hint)
	}
	return engine.Command{Kind: engine.Fail, Failure: &engine.Failure{Error: why}}
}

// anyOption stands for all options.
const anyOption = "*"

// optionsOf returns what a task says to this runner. It is Invalid where the settings
// do not let tasks say that, or the task seems to mean this runner by another name.
func (l *launches) optionsOf(j *runner.Job) (json.RawMessage, error) {
	own, ok := j.Options[l.kind]
	if !ok {
		for _, name := range slices.Sorted(maps.Keys(j.Options)) {
			_, known := kind.Find(launchers(), name)
			if near := document.DidYouMean(name, []string{l.kind}); near != "" && !known && !hasRunnerPlugin(name) {
				return nil, model.Errorf(model.Invalid, "%s: there is no runner %q", workflow.RunnerKey, name).WithHint("%s", near)
			}
		}
		return nil, nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(own, &given); err != nil {
		return nil, model.Errorf(model.Internal, "%s: the options for %s can't be read: %w", workflow.RunnerKey, l.kind, err)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(l.allowed, name) && !slices.Contains(l.allowed, anyOption) {
			return nil, model.Errorf(model.Forbidden, "%s: tasks may not set the option %q of the runner %s here", workflow.RunnerKey, name, l.kind).
				WithHint("who runs the server lets them with runner.task-options = %s", name)
		}
	}
	return own, nil
}

// orders returns what makes the order of a task, which has a reference of settings.
func (l *launches) orders(reference string, cfg *Config) func(*runner.Job) (runner.Order, error) {
	return func(j *runner.Job) (o runner.Order, err error) {
		work, ok := j.Work.(encoding.BinaryMarshaler)
		if !ok {
			return o, model.Errorf(model.Internal, "the task can't leave its process")
		}
		options, err := l.optionsOf(j)
		if err != nil {
			return o, err
		}
		try := launchedTry{Instance: reference, Defaults: params.AppendJSON(nil, cfg.Defaults), ID: j.ID}
		if l.images {
			try.Image = j.Resources.Image
		}
		if try.Work, err = work.MarshalBinary(); err != nil {
			return o, err
		}
		o = runner.Order{
			Task: j.Task, Command: append(append([]string{}, l.command...), j.Task),
			Queue: j.Queue, Priority: j.Priority, Resources: j.Resources, Options: options,
		}
		o.Input, err = try.encode()
		return o, err
	}
}
