//go:build unix

package slurm_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/launch/launchtest"
	"github.com/pawlhq/pawl/internal/runners/slurm"
	"github.com/pawlhq/pawl/internal/runners/slurm/slurmtest"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

func TestMain(m *testing.M) {
	launchtest.Main()
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, change ...func(*slurm.Config)) *slurm.Launcher {
	t.Helper()
	cfg := slurm.Config{Env: slurmtest.Env(t)}
	for _, f := range change {
		f(&cfg)
	}
	l, err := slurm.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSlurmIsALauncher(t *testing.T) {
	runnertest.RunLauncher(t, func(t *testing.T) (first, second runner.Launcher) { return open(t), open(t) })
}

func TestSlurmRunsAttempts(t *testing.T) {
	launchtest.RunAttempts(t, launchtest.Options{Poll: 100 * time.Millisecond, Few: true}, func(t *testing.T) runner.Launcher { return open(t) })
}

// What the cluster can never do fails at once; what it may do later does not.
func TestJobsThatCanNeverRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order  runner.Order
		change func(*slurm.Config)
		says   string
	}{
		"partition": {runner.Order{Queue: "nowhere"}, nil, "Invalid partition name"},
		"memory":    {runner.Order{Resources: runner.Resources{Memory: 1 << 50}}, nil, "Requested node configuration is not available"},
		"devices":   {runner.Order{Resources: runner.Resources{GPU: 3}}, nil, "Invalid generic resource"},
		"task":      {runner.Order{Options: []byte(`{"partitoin":"a"}`)}, nil, `did you mean "partition"?`},
		"own":       {runner.Order{Queue: "nowhere", Options: []byte(`{"partition":"elsewhere"}`)}, nil, "Invalid partition name"},
		"image":     {runner.Order{Resources: runner.Resources{Image: "r:4"}}, nil, "is not told how"},
		"option":    {runner.Order{}, func(c *slurm.Config) { c.Options = []string{"--colour=red"} }, "sbatch"},
		"input":     {runner.Order{Input: make([]byte, 4<<20)}, nil, "names of files"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*slurm.Config) {}
			}
			c.order.Name, c.order.Command = "never", []string{"true"}
			err := open(t, change).Launch(t.Context(), c.order)
			if err == nil || model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error()+model.HintsOf(err), c.says) {
				t.Errorf("code %v, error %v, hint %q", model.CodeOf(err), err, model.HintsOf(err))
			}
		})
	}
}

func TestWhatAJobIsGiven(t *testing.T) {
	t.Parallel()
	l := open(t, func(c *slurm.Config) {
		c.Partitions = map[string]string{"big": slurmtest.Partitions[1]}
		c.Images = []string{"env", "IMAGE={image}"}
	})
	const name = "whatajobisgiven"
	err := l.Launch(t.Context(), runner.Order{
		Name: name, Queue: "big", Priority: -3, Task: "+a b",
		Resources: runner.Resources{CPU: 1500, Memory: 100<<20 + 1, Image: "r:4", Time: 61},
		Options:   []byte(`{"account":"data","options":["--export=ALL,MORE=x"]}`),
		Command:   []string{"sh", "-c", `[ "$MORE $(squeue --noheader --format=%l,%a --jobs=$SLURM_JOB_ID) $IMAGE $SLURM_JOB_PARTITION $SLURM_CPUS_PER_TASK $SLURM_MEM_PER_NODE" = "x 2:00,data r:4 gpu 2 101" ]`},
	})
	if err != nil {
		t.Fatal(err)
	}
	for {
		list, err := l.List(t.Context(), name)
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		if s := list[0]; s.State.Over() {
			if s.State != runner.Exited || s.Code != 0 {
				t.Errorf("%+v", s)
			}
			break
		}
	}
}

func TestErrorsOfSbatch(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]model.Code{
		"sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)":       model.Unavailable,
		"sbatch: error: Batch job submission failed: Socket timed out on send/recv operation":                    model.Unavailable,
		"sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying":                           model.Unavailable,
		"sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)":      model.Unavailable,
		"sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified": model.Invalid,
		"sbatch: error: Batch job submission failed: User's group not permitted to use this partition":           model.Invalid,
	} {
		if got := model.CodeOf(slurm.Explain(said)); got != want {
			t.Errorf("%s: code %v, want %v", said, got, want)
		}
	}
}

func TestClientsThatAreMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := slurm.Open(slurm.Config{})
	if model.CodeOf(err) != model.Invalid || err == nil || !strings.Contains(model.HintsOf(err), "slurm-client") {
		t.Errorf("error %v, hint %q", err, model.HintsOf(err))
	}
}

func TestStatesOfJobs(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]runner.Status{
		"7|PENDING|0|Resources|n|":       {Name: "n", State: runner.Waiting, Reason: "Resources"},
		"7|COMPLETING|0|None|n|":         {Name: "n", State: runner.Running},
		"7|TIMEOUT|0|TimeLimit|n|":       {Name: "n", State: runner.Failed, Reason: "it took longer than its job may"},
		"7|OUT_OF_MEMORY|9|None|n|":      {Name: "n", State: runner.Failed, Reason: "out of memory"},
		"7|NODE_FAIL|0|None|n|":          {Name: "n", State: runner.Lost, Reason: "node_fail"},
		"7|PREEMPTED|0|None|n|x|":        {Name: "n|x", State: runner.Lost, Reason: "preempted"},
		"7|FAILED|768|NonZeroExitCode|n": {Name: "n", State: runner.Exited, Code: 3, Reason: "NonZeroExitCode"},
		"7|FAILED|9|JobLaunchFailure|n|": {Name: "n", State: runner.Lost, Reason: "JobLaunchFailure"},
	} {
		if got, err := slurm.Parse(line); err != nil || got != want {
			t.Errorf("%s: %+v, want %+v, error %v", line, got, want, err)
		}
	}
	for _, line := range []string{"", "slurm_load_jobs error", "x|RUNNING|0|None|n|"} {
		if _, err := slurm.Parse(line); err == nil {
			t.Errorf("%q is a job", line)
		}
	}
}

// A job that ends while its input is written leaves none of it.
func TestInputIsRemovedHoweverAJobEnds(t *testing.T) {
	t.Parallel()
	script := string(slurm.Script(t, runner.Order{Command: []string{"true"}, Input: []byte("secret")}))
	dir := t.TempDir()
	for name, end := range map[string]string{"fails": "false", "is ended": "kill $$; sleep 1"} {
		cmd := exec.Command("/bin/sh", "-c", strings.Replace(script, "base64 -d", "{ base64 -d && "+end+"; }", 1))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}
		if said, err := cmd.CombinedOutput(); err == nil {
			t.Errorf("%s: it began\n%s", name, said)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: it left %v, error %v", name, left, err)
		}
	}
}
