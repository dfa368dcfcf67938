//go:build unix

package process

import (
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func ownSession() int {
	id, err := unix.Getsid(0)
	if err != nil {
		return 0
	}
	return id
}

// EndMarked ends what still runs of the programs that were started with the
// marks of those names by a process that has died: their groups, as by
// Group.End. It does not reach programs that have left the session, and those
// of whom the system does not show the environment.
//
// The marked processes must not belong to a process that lives.
func EndMarked(names []string, grace time.Duration) {
	if len(names) == 0 {
		return
	}
	marks := make(map[string]bool, len(names))
	for _, name := range names {
		marks[name] = true
	}
	var ends sync.WaitGroup
	for g := range markedGroups(marks) {
		ends.Go(func() { g.End(grace) })
	}
	ends.Wait()
}

// markedGroups returns the groups of all processes with one of the marks.
func markedGroups(marks map[string]bool) map[Group]bool {
	groups := make(map[Group]bool)
	own := Group(syscall.Getpgrp())
	for p := range processes() {
		if p.group <= 1 || p.group == own {
			continue
		}
		if name, session, ok := p.mark(); ok && marks[name] && session == p.session {
			groups[p.group] = true
		}
	}
	return groups
}

// other is a process of the system.
type other struct {
	group   Group
	session string
	// environment returns its environment as far as it can be known, with a
	// NUL character after each variable.
	environment func() string
}

// mark returns the name and the session that a process is marked with. The
// variable that was set last is that of the innermost task.
func (p *other) mark() (name, session string, ok bool) {
	for v := range strings.SplitSeq(p.environment(), "\x00") {
		if value, is := strings.CutPrefix(v, MarkVariable+"="); is {
			name, session, ok = strings.Cut(value, "@")
		}
	}
	return name, session, ok
}
