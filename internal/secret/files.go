package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/operator"
)

// Files keeps each secret in a file of its own, named like its key, in one
// folder that only its owner can read.
type Files struct{ dir string }

// In returns the secrets in the folder dir, which need not exist.
func In(dir string) Files { return Files{dir: dir} }

// Secret returns the content of the key's file, or operator.ErrNoSecret.
func (f Files) Secret(_ context.Context, key string) (string, error) {
	if !validKey(key) { // it might lead out of the folder
		return "", operator.ErrNoSecret
	}
	value, err := os.ReadFile(filepath.Join(f.dir, key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", operator.ErrNoSecret
	case err != nil:
		return "", fmt.Errorf("read secret: %w", err)
	}
	return string(value), nil
}

// Set makes or replaces a secret. A reader sees the old value or the new one.
func (f Files) Set(key, value string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if err := checkValue(key, value); err != nil {
		return err
	}
	if err := f.write(key, value); err != nil {
		return fmt.Errorf("set secret %q: %w", key, err)
	}
	return nil
}

func (f Files) write(key, value string) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	// The dot keeps an unfinished file from being a secret.
	tmp, err := os.CreateTemp(f.dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(value)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(f.dir, key))
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// Delete removes a secret. One that does not exist is a NotFound error.
func (f Files) Delete(key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(f.dir, key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return model.Errorf(model.NotFound, "there is no secret %q", key)
	case err != nil:
		return fmt.Errorf("delete secret %q: %w", key, err)
	}
	return nil
}

// List returns the keys of all secrets, sorted.
func (f Files) List() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	var keys []string
	for _, e := range entries {
		if !e.IsDir() && validKey(e.Name()) {
			keys = append(keys, e.Name())
		}
	}
	return keys, nil
}

var _ operator.Secrets = Files{}
