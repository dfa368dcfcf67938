//go:build unix

package process

import (
	"syscall"
	"time"
)

// Group is a process group by its id, which is its leader's process id.
type Group int

// How often End looks whether a group is empty: soon at first, then less often.
const (
	firstLook  = time.Millisecond
	maxBetween = 50 * time.Millisecond
)

// maxDying bounds how long End waits for those whom it has killed: a process
// that the system keeps busy, such as with a disk that is away, dies later.
const maxDying = time.Second

// End asks all processes in the group to end, with SIGTERM, and kills those
// that are left after the grace, or at once after Hurry. It returns when none
// is left, but does not wait for long for those that were killed. The leader
// must be reaped meanwhile.
//
// The kernel gives a group's id to nobody else while the group has a member,
// and hands ids out in a circle, so none of these signals goes astray.
func (g Group) End(grace time.Duration) {
	deadline := time.NewTimer(grace)
	defer deadline.Stop()
	look := time.NewTimer(firstLook)
	defer look.Stop()
	hurry, killed := hurried, false
	gone := g.signal(syscall.SIGTERM)
	for between := firstLook; !gone; between = min(2*between, maxBetween) {
		look.Reset(between)
		select {
		case <-look.C:
			gone = g.signal(0) || g.onlyZombies()
			continue
		case <-deadline.C:
		case <-hurry:
		}
		if killed {
			return
		}
		gone = g.signal(syscall.SIGKILL)
		hurry, killed = nil, true
		deadline.Reset(maxDying)
		between = firstLook
	}
}

// signal reports whether the group has no member.
func (g Group) signal(s syscall.Signal) (empty bool) {
	return syscall.Kill(-int(g), s) == syscall.ESRCH
}
