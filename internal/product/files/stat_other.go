//go:build !linux

package files

import (
	"io/fs"
	"os"
)

// eyes look at files for one worker.
type eyes struct {
	links int // how many symbolic links were seen at the end of paths
}

// identify looks at what a name in a folder leads to, and whether there is
// anything. The two make a path when they are put together.
func (e *eyes) identify(dir, name string) (id identity, exists bool, err error) {
	info, err := os.Lstat(dir + name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		e.links++
		info, err = os.Stat(dir + name)
	}
	if err != nil {
		if isNothing(err) {
			err = nil
		}
		return identity{}, false, err
	}
	changed := info.ModTime().UnixNano()
	return identity{size: info.Size(), modified: changed, touched: changed}, true, nil
}

// read returns the content of a file in a folder.
func (*eyes) read(dir, name string, _ int64) ([]byte, error) { return os.ReadFile(dir + name) }

func (*eyes) close() {}
