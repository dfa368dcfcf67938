package slurm

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/runner"
)

// mostScript is how long a script may be, unless the cluster says otherwise.
const mostScript = 4 << 20

// lineOf is how many bytes of input make a line of a script.
const lineOf = 57

// script returns the script of a job. The input stands in it, as a file that has no
// name any more when the program begins in place of the shell, and can empty.
func (l *Launcher) script(o *runner.Order) ([]byte, error) {
	command, err := l.command(o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("#!/bin/sh\numask 077\nfile=$(mktemp) || exit\ntrap 'rm -f \"$file\"' EXIT\ntrap 'exit 143' TERM INT\nbase64 -d >\"$file\" <<'END' || exit\n")
	for rest := o.Input; len(rest) > 0; {
		n := min(lineOf, len(rest))
		b.WriteString(base64.StdEncoding.EncodeToString(rest[:n]))
		b.WriteByte('\n')
		rest = rest[n:]
	}
	b.WriteString("END\nexec <>\"$file\"\nrm -f \"$file\"\numask 022\nexec")
	for _, word := range command {
		b.WriteByte(' ')
		b.WriteString(process.Quote(word))
	}
	b.WriteByte('\n')
	if b.Len() > mostScript {
		return nil, model.Errorf(model.Invalid, "the script of the task would have %d bytes, and SLURM takes %d", b.Len(), mostScript).
			WithHint("let tasks pass on names of files in place of large parameters")
	}
	return b.Bytes(), nil
}

// command returns the command of a job, in its image if it has one.
func (l *Launcher) command(o *runner.Order) ([]string, error) {
	image := o.Resources.Image
	if image == "" {
		return o.Command, nil
	}
	if len(l.cfg.Images) == 0 {
		return nil, model.Errorf(model.Invalid, "the task is to run in the image %s, and SLURM is not told how", image).
			WithHint("set runner.slurm.images to a command such as: apptainer exec %s", imageWord)
	}
	var command []string
	for _, word := range l.cfg.Images {
		command = append(command, strings.ReplaceAll(word, imageWord, image))
	}
	return append(command, o.Command...), nil
}
