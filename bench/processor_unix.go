//go:build unix

package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"
)

// used is how much of the processors' time this process and the programs that
// it started, and that have ended, took so far.
func used() time.Duration { return usedHere() + usedBy(syscall.RUSAGE_CHILDREN) }

// usedHere is how much of the processors' time this process has used.
func usedHere() time.Duration { return usedBy(syscall.RUSAGE_SELF) }

func usedBy(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak returns how much memory a program that has ended took at its peak, in
// bytes.
func peak(ended *os.ProcessState) int64 {
	use, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return use.Maxrss
	}
	return use.Maxrss * 1024
}

// forkExec starts and reaps a program so many times without anything around
// it, keeping par of them going: the limit for whatever starts programs from Go.
func forkExec(argv []string, forks, par int) (float64, error) {
	attr := &syscall.ProcAttr{Files: []uintptr{0, 1, 2}}
	began := time.Now()
	for started, live := 0, 0; started < forks || live > 0; {
		for live < par && started < forks {
			if _, err := syscall.ForkExec(argv[0], argv, attr); err != nil {
				return 0, err
			}
			started++
			live++
		}
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(-1, &status, 0, nil); err != nil && !errors.Is(err, syscall.EINTR) {
			return 0, err
		} else if err == nil {
			live--
		}
	}
	return float64(forks) / time.Since(began).Seconds(), nil
}
