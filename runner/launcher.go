package runner

import (
	"context"
	"encoding/json"
)

// Resources are what a job takes of a machine. A runner that can't tell machines
// apart or limit what a job takes passes over them. The zero value asks for
// nothing.
type Resources struct {
	// CPU is in thousandths of a processor; 0 says nothing.
	CPU int64 `json:"cpu,omitempty"`
	// Memory is in bytes; 0 says nothing.
	Memory int64 `json:"memory,omitempty"`
	// GPU is a number of devices.
	GPU int `json:"gpu,omitempty"`
	// Image is what the job runs in, for runners that start containers; empty is
	// what the runner has by default.
	Image string `json:"image,omitempty"`
	// Time is how many seconds the job may run; 0 says nothing. The program keeps to
	// it by itself. A launcher may end one that runs on, as Failed.
	Time int64 `json:"time,omitempty"`
}

// Launcher starts programs somewhere: on a cluster, in containers, on another
// machine. pawl makes a Runner of it, which has one program run for each job: the
// program reads from the database what else it needs, and stores there how the
// job ended, so a launcher carries no results.
//
// Programs outlive the process that launched them: any process with a launcher
// of the same settings lists and ends them. Methods are called concurrently.
// Errors have codes: Invalid, NotFound and Forbidden say that it will not do any
// better next time, all others that it may. Every launcher passes
// runnertest.RunLauncher.
type Launcher interface {
	// Launch has a program run, and returns once it is known to be listed. It
	// does not wait for the program to begin. A name that is listed is not
	// launched again. After an error the program may be listed all the same;
	// the caller looks, and asks again with the same order if it is not. An error
	// that will stay is the end of the job.
	Launch(ctx context.Context, o Order) error
	// List returns the programs that were launched under a prefix of their names
	// and are not forgotten, in any order: those that wait, those that run, and
	// those that ended, for minutes at least. What is no longer listed is lost.
	List(ctx context.Context, prefix string) ([]Status, error)
	// Cancel asks for the end of a program: one that waits never runs, one that
	// runs is asked to end (SIGTERM) and, if it does not within some 30 seconds,
	// killed. It does not wait for that. It is no error if there is none of that
	// name, or it has ended.
	Cancel(ctx context.Context, name string) error
	// Forget has a program that ended no longer be listed here, and removes what
	// is left of it. It is no error if there is none of that name.
	Forget(ctx context.Context, name string) error
	// Close releases what the launcher holds. It ends no program.
	Close() error
}

// ExitTold is the exit code of a program that was told to end (SIGTERM) before it
// could store how its job ended: the job counts as lost, and runs again unless it was
// to end.
const ExitTold = 75

// Order is a program that is to run.
type Order struct {
	// Name is the program's: unique, made of at most 63 lower case letters,
	// digits and dashes, with a letter in front and no dash at the end.
	Name string `json:"name"`
	// Task is the full name of the task, for people.
	Task string `json:"task,omitempty"`
	// Command is the program and its arguments. It reads Input from standard
	// input; or from a file, if its name follows the arguments as one more. It empties
	// that file before the job begins, and must be allowed to.
	Command []string `json:"command"`
	// Input is secret: it may hold passwords. Nobody else is to read it.
	Input []byte `json:"input,omitempty"`
	// Queue is empty or a name that CheckQueue allows: where the program runs,
	// for launchers that have such places.
	Queue string `json:"queue,omitempty"`
	// Priority says how soon; higher ones first.
	Priority int `json:"priority,omitempty"`
	// Resources are what the program takes.
	Resources Resources `json:"resources,omitzero"`
	// Options are what the task says to launchers of this kind alone: an object, or
	// nothing. ReadOptions reads them.
	Options json.RawMessage `json:"options,omitempty"`
}

// State says what has become of a program.
type State string

// States of programs.
const (
	// Waiting is one that has not begun, and Running one that has not ended.
	Waiting State = "waiting"
	Running State = "running"
	// Exited is one that ended by itself, with an exit code.
	Exited State = "exited"
	// Failed is one that was ended because of what it is, or can't begin: it took
	// more memory or time than it may, or there is no such image. It would fare no
	// better if it were launched again.
	Failed State = "failed"
	// Lost is one that was killed, or whose machine is gone.
	Lost State = "lost"
)

// Over reports whether nothing of a program runs, or ever will.
func (s State) Over() bool { return s == Exited || s == Failed || s == Lost }

// Status is what a Launcher knows of a program.
type Status struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Code is the exit code of one that exited.
	Code int `json:"code,omitempty"`
	// Reason says why it failed, was lost or waits, for people.
	Reason string `json:"reason,omitempty"`
}
