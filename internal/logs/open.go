package logs

import "sync"

// open are the logs that this process prints to.
type open struct {
	pump pump

	mu   sync.Mutex
	logs map[string]*Log // by path
}

// append adds a log until it is closed, or returns the one that there is already
// where a try runs twice.
func (o *open) append(l *Log) *Log {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.logs == nil {
		o.logs = make(map[string]*Log)
	}
	if there := o.logs[l.path]; there != nil {
		there.users++
		return there
	}
	l.of, l.users = o, 1
	o.logs[l.path] = l
	return l
}

// leave reports whether nobody uses a log any more.
func (o *open) leave(l *Log) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l.users--; l.users > 0 {
		return false
	}
	if o.logs[l.path] == l {
		delete(o.logs, l.path)
	}
	return true
}

func (o *open) find(path string) *Log {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.logs[path]
}

// sync adds to a log what programs have printed by now.
func (o *open) sync(path string) {
	if l := o.find(path); l != nil {
		l.sync()
	}
}

// hold keeps the text of a log from being moved until it is released.
func (o *open) hold(path string) (release func()) {
	l := o.find(path)
	if l == nil {
		return func() {}
	}
	l.sync()
	if l.limit == 0 {
		return func() {}
	}
	l.mu.Lock()
	return l.mu.Unlock
}
