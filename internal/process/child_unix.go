//go:build unix && !linux

package process

// await leaves the waiting to reap: not all systems can wait without reaping.
func (child) await() {}

// onlyZombies does not know.
func (Group) onlyZombies() bool { return false }
