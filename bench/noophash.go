package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// noopBuildHash builds a pipeline in which nothing is to be done when nothing is
// remembered of the products, so that their records count by what is in them:
// beside a program that looks at all files, and reads and digests these records.
func noopBuildHash(h *harness) error {
	look, err := h.lookProgram()
	if err != nil {
		return err
	}
	for _, n := range h.sizes(10_000, 100_000) {
		b, err := h.built(functions(n))
		if err != nil {
			return err
		}
		all, records := filepath.Join(b.dir, "files.txt"), filepath.Join(b.dir, "records.txt")
		if err := errors.Join(putLines(all, b.files), putLines(records, b.records)); err != nil {
			return err
		}
		h.settle()
		if err := h.nothingToDo(n, b.dir); err != nil {
			return err
		}
		forget := func() error { return forgetProducts(b.dir) }
		ours := after(forget, h.command(fmt.Sprintf("noop-build-hash-%d", n), b.dir, h.pawl, "build"))
		if err := h.measure(ours, h.command(fmt.Sprintf("look-hash-%d", n), b.dir, look, all, records)); err != nil {
			return err
		}
		if err := h.nothingToDo(n, b.dir); err != nil {
			return err
		}
	}
	return nil
}

// forgetProducts removes what builds of a project have remembered of products.
func forgetProducts(dir string) error {
	memos, err := filepath.Glob(filepath.Join(dir, ".pawl", "cache", "products-*"))
	if err == nil && len(memos) == 0 {
		err = errors.New("nothing was remembered of products")
	}
	for _, memo := range memos {
		err = errors.Join(err, os.Remove(memo))
	}
	return err
}
