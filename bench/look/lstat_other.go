//go:build !unix

package main

import "os"

func lstat(name string) error {
	_, err := os.Lstat(name)
	return err
}
