package python

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

//go:embed lib/_pawl/*.py lib/_pawl/*/*.py lib/_pawl/*/*.R lib/ploomber/*.py lib/ploomber/*/*.py
var embedded embed.FS

// library returns the files that Python imports, with a name that no other
// version of them has.
var library = sync.OnceValues(func() (fs.FS, string) {
	files, err := fs.Sub(embedded, "lib")
	if err != nil {
		panic(err) // the path above is wrong
	}
	sum := sha256.New()
	_ = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error { // what is embedded can be read
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		sum.Write([]byte(path + "\x00"))
		sum.Write(text)
		return err
	})
	return files, hex.EncodeToString(sum.Sum(nil)[:8])
})

// Guest returns the part of the library that is for all code of tasks, whatever runs
// it, as the text of a module.
func Guest() string {
	var all string
	for _, name := range []string{"guest", "telling"} {
		text, err := embedded.ReadFile("lib/_pawl/" + name + ".py")
		if err != nil {
			panic(err) // it is embedded
		}
		all += string(text) + "\n\n"
	}
	return all
}

// Library returns the folder with the package ploomber in the user's folder of
// caches, for programs that put it on PYTHONPATH themselves. It is the same as
// long as pawl is, and is written where it is not there yet.
func Library() (string, error) { return unpack("") }

// unpack returns a folder below cache with the library, which is written where
// it is not there yet. Empty stands for the user's folder of caches, or that of
// temporary files where there is none.
//
// It stays as long as somebody uses it each month; see use.
//
// Any number of processes may do so at once: each writes a folder of its own,
// and the first to rename it wins.
func unpack(cache string) (string, error) {
	if cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			base = os.TempDir()
		}
		cache = filepath.Join(base, "pawl", "python")
	}
	files, name := library()
	folder := filepath.Join(cache, name)
	if info, err := os.Stat(folder); err == nil {
		use(folder, info.ModTime(), time.Now())
		return folder, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	temporary, err := os.MkdirTemp(cache, ".new-")
	if err != nil {
		return "", err
	}
	err = errors.Join(os.Chmod(temporary, 0o755), os.CopyFS(temporary, files))
	if err == nil {
		err = os.Rename(temporary, folder)
	}
	if err == nil {
		return folder, nil
	}
	if _, serr := os.Stat(folder); serr == nil {
		err = nil // another process was faster
	}
	return folder, errors.Join(err, os.RemoveAll(temporary))
}
