package python

import (
	"os"
	"path/filepath"
	"time"
)

const (
	// usedEvery is how often it is noted that a library is in use.
	usedEvery = 24 * time.Hour
	// unusedFor is for how long nobody has used a library that is removed.
	unusedFor = 30 * 24 * time.Hour
)

// use notes by the time of a library's folder that it is in use, once a day, and
// removes the libraries beside it, of other versions, that nobody has used for
// long. Whoever imports the package ploomber notes its use as well.
//
// What fails is left for another day, or to another user: nothing depends on it.
func use(folder string, noted, now time.Time) {
	if now.Sub(noted) < usedEvery || os.Chtimes(folder, now, now) != nil {
		return
	}
	cache := filepath.Dir(folder)
	entries, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		if path := filepath.Join(cache, e.Name()); e.IsDir() && unused(path, now) {
			discard(path, now)
		}
	}
}

func unused(folder string, now time.Time) bool {
	info, err := os.Lstat(folder)
	return err == nil && now.Sub(info.ModTime()) >= unusedFor
}

// discard removes a library. It takes its name away first, so that nobody finds
// a part of it, and gives it back if somebody has begun to use it meanwhile.
func discard(folder string, now time.Time) {
	away := filepath.Join(filepath.Dir(folder), ".old-"+filepath.Base(folder))
	switch {
	case os.Rename(folder, away) != nil: // another process does so
	case unused(away, now):
		_ = os.RemoveAll(away) // see use
	default:
		_ = os.Rename(away, folder)
	}
}
