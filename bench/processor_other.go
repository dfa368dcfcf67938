//go:build !unix

package main

import (
	"errors"
	"os"
	"time"
)

// What is measured of processors and of programs is measured on Unix.

func used() time.Duration { return 0 }

func usedHere() time.Duration { return 0 }

func peak(*os.ProcessState) int64 { return 0 }

func forkExec([]string, int, int) (float64, error) { return 0, errors.ErrUnsupported }
