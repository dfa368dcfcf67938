package process

import (
	"bytes"
	"iter"
	"os"
	"path/filepath"
	"strconv"
)

// processes iterates over those of the system that have not exited.
func processes() iter.Seq[*other] {
	return func(yield func(*other) bool) {
		for _, name := range pids() {
			stat, err := os.ReadFile(filepath.Join("/proc", name, "stat"))
			if err != nil {
				continue // it is gone
			}
			f, ok := fieldsOf(stat)
			if !ok || f.exited {
				continue
			}
			p := other{group: f.group, session: f.session, environment: func() string {
				text, _ := os.ReadFile(filepath.Join("/proc", name, "environ")) // another user's is not shown
				return string(text)
			}}
			if !yield(&p) {
				return
			}
		}
	}
}

// pids returns the ids of all processes.
func pids() []string {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close() //nolint:errcheck // it was only read
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil
	}
	ids := names[:0]
	for _, name := range names {
		if name[0] >= '0' && name[0] <= '9' {
			ids = append(ids, name)
		}
	}
	return ids
}

// fields are those of the system's line about a process that matter here.
type fields struct {
	exited  bool
	group   Group
	session string
}

func fieldsOf(stat []byte) (f fields, ok bool) {
	// They are id, (name), state, parent, group, session and more; a name may
	// hold anything.
	words := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(words) < 4 {
		return fields{}, false
	}
	group, err := strconv.Atoi(string(words[2]))
	state := words[0][0]
	return fields{exited: state == 'Z' || state == 'X', group: Group(group), session: string(words[3])}, err == nil
}
