//go:build unix

// Package slurmtest gives tests a real SLURM cluster: the one that the environment
// names, or one of their own with one machine, which lives as long as their process.
// It knows no launcher.
package slurmtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/parts"
)

// Variable names an environment variable with the slurm.conf of a cluster that tests
// may submit jobs to.
const Variable = "PAWL_TEST_SLURM"

// Partitions are those of a cluster that was started for tests, the default first.
// Others must have them, too.
var Partitions = []string{"main", "gpu"}

// Memory is how much each machine has, in MiB.
const Memory = 4096

// ErrMissing says that no cluster can be started.
var ErrMissing = errors.New("there is no SLURM to test with: install slurmctld, slurmd, slurm-client and munge, or set " + Variable)

var shared = sync.OnceValues(start)

// Env returns the environment of the clients of a cluster that the tests of this
// process share. Where there is none and none can be started, the test is skipped;
// where CI or PAWL_TEST_REQUIRE is set, it fails.
func Env(t testing.TB) []string {
	t.Helper()
	conf, err := os.Getenv(Variable), error(nil)
	if conf == "" {
		var own *cluster
		if own, err = shared(); err == nil {
			conf = own.conf
		}
	}
	switch {
	case errors.Is(err, ErrMissing):
		parts.Missing(t, err)
	case err != nil:
		t.Fatal(err)
	}
	return append(os.Environ(), "SLURM_CONF="+conf)
}

// keeper runs the daemons until its input ends, and removes their files.
const keeper = `munged --force --foreground --num-threads=1 --key-file="$1/key" --socket="$1/munge" --pid-file="$1/munge.pid" --log-file="$1/munge.log" --seed-file="$1/seed" &
munge=$!
until [ -S "$1/munge" ] || ! kill -0 $munge 2>/dev/null; do sleep 0.05; done
slurmctld -D -c -f "$1/slurm.conf" & control=$!
slurmd -D -c -f "$1/slurm.conf" -N "$2" & machine=$!
read -r line
scancel --user="$3"
kill $control $machine
wait $control $machine
kill $munge
wait
rm -rf "$1"`

func settings(dir, host, name string, control, machine int) string {
	return fmt.Sprintf(`ClusterName=pawltest
SlurmctldHost=%[2]s(127.0.0.1)
SlurmUser=%[3]s
SlurmdUser=%[3]s
AuthType=auth/munge
AuthInfo=socket=%[1]s/munge
CredType=cred/munge
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool
SlurmctldPort=%[4]d
SlurmdPort=%[5]d
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.pid
SlurmctldLogFile=%[1]s/slurmctld.log
SlurmdLogFile=%[1]s/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
KillWait=5
MailProg=/bin/true
NodeName=%[2]s NodeAddr=127.0.0.1 Port=%[5]d CPUs=16 RealMemory=%[6]d
PartitionName=%[7]s Nodes=%[2]s Default=YES State=UP
PartitionName=%[8]s Nodes=%[2]s State=UP
`, dir, host, name, control, machine, Memory, Partitions[0], Partitions[1])
}

// cluster is one that was started.
type cluster struct {
	conf string    // its slurm.conf
	pipe io.Closer // keeps its keeper alive for as long as this process is
}

func start() (*cluster, error) {
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, ErrMissing
		}
	}
	dir, err := os.MkdirTemp("", "pawl-slurm-")
	if err != nil {
		return nil, err
	}
	c, err := begin(dir)
	if err != nil {
		said, _ := os.ReadFile(filepath.Join(dir, "output")) // the error says enough without it
		return nil, errors.Join(fmt.Errorf("start SLURM: %w\n%s", err, said), os.RemoveAll(dir))
	}
	return c, nil
}

func begin(dir string) (*cluster, error) {
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	host, _, _ = strings.Cut(host, ".")
	control, err := parts.Port()
	if err != nil {
		return nil, err
	}
	machine, err := parts.Port()
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "slurm.conf")
	err = errors.Join(
		os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "state"), 0o700), os.Mkdir(filepath.Join(dir, "spool"), 0o755),
		os.WriteFile(filepath.Join(dir, "key"), []byte(strings.Repeat("a key of tests ", 10)), 0o600),
		os.WriteFile(conf, []byte(settings(dir, host, me.Username, control, machine)), 0o644),
	)
	if err != nil {
		return nil, err
	}
	out, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // nothing was written here
	cmd := exec.Command("/bin/sh", "-c", keeper, "keeper", dir, host, me.Uid)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", out, out
	cmd.Env = append(os.Environ(), "SLURM_CONF="+conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a signal to the tests is not for the cluster
	pipe, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		err = ready(cmd.Env)
	}
	return &cluster{conf, pipe}, err
}

// ready waits until the machine takes jobs.
func ready(env []string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); ; {
		cmd := exec.Command("sinfo", "--noheader", "--format=%T")
		cmd.Env = env
		if out, err := cmd.Output(); err == nil && strings.Contains(string(out), "idle") {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline:
			return errors.New("it takes no jobs after a minute")
		}
	}
}
