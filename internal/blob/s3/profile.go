package s3

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// findProfile returns the settings of a profile in the two files that Amazon's
// tools share, of which that with the credentials wins. It is nil if neither has
// the profile.
func findProfile(getenv func(string) string, name string) (map[string]string, error) {
	home := cmp.Or(getenv("HOME"), getenv("USERPROFILE"))
	heading := "profile " + name
	if name == "default" {
		heading = name
	}
	p, err := readProfile(cmp.Or(getenv("AWS_CONFIG_FILE"), filepath.Join(home, ".aws", "config")), heading, nil)
	if err != nil {
		return nil, err
	}
	return readProfile(cmp.Or(getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(home, ".aws", "credentials")), name, p)
}

// readProfile adds the settings below a heading to those that there are. A file
// need not exist.
func readProfile(path, heading string, p map[string]string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	within := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "", strings.ContainsAny(line[:1], "#; \t"): // a comment, or below a setting
		case line[0] == '[':
			title, _, _ := strings.Cut(line[1:], "]")
			if within = strings.Join(strings.Fields(title), " ") == heading; within && p == nil {
				p = make(map[string]string)
			}
		case within:
			key, value, _ := strings.Cut(line, "=")
			p[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	return p, nil
}
