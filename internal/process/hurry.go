package process

import "sync"

var (
	hurry   sync.Once
	hurried = make(chan struct{})
)

// Hurry takes the grace from all programs that are, or will be, asked to end:
// they are killed. It is for a program that has to go now, and can't be undone.
func Hurry() { hurry.Do(func() { close(hurried) }) }
