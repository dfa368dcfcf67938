package files

import "time"

// Identity tells a file, and its content, from others: one that has the same a
// moment later has not changed meanwhile, if it was settled.
type Identity [4]int64

// Identify returns the identity of what a path leads to, and whether there is
// something.
func Identify(path string) (Identity, bool, error) {
	var e eyes
	defer e.close()
	id, exists, err := e.identify(path)
	return Identity{id.inode, id.size, id.modified, id.touched}, exists, err
}

// Settled reports whether the file can't change any more without another
// identity, because its last change is long enough ago.
func (id Identity) Settled(now time.Time) bool {
	return max(id[2], id[3]) <= now.Add(-racy).UnixNano()
}
