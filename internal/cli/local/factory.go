package local

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
)

// entryValue is the flag that names the pipeline of a command.
type entryValue struct{ of *pipelineOptions }

func (v entryValue) String() string { return v.of.entry }

func (entryValue) Type() string { return "string" }

func (v entryValue) Set(text string) error {
	v.of.entry = text
	return nil
}

// EntryFlags gives a command that works on a pipeline what depends on the command
// line: the flags of a factory, and an owner that hears of errors.
func EntryFlags(c *cobra.Command, world console.IO, args []string) {
	if o := entryFlag(c); o != nil {
		o.factoryFlags(c, world, args)
		o.attended(c)
	}
}

// entryFlag returns the options of the pipeline that a command works on; nil for
// one that works on none.
func entryFlag(c *cobra.Command) *pipelineOptions {
	if f := c.Flags().Lookup("entry-point"); f != nil {
		if v, ok := f.Value.(entryValue); ok {
			return v.of
		}
	}
	return nil
}

// factoryFlags gives a command the flags that are on a command line and are none
// of its own, where the pipeline is what a factory makes: which there are, its
// parameters say. Without a value that follows, a flag has none.
func (o *pipelineOptions) factoryFlags(c *cobra.Command, world console.IO, args []string) {
	if !isFactory(world, entryIn(world, args)) {
		return
	}
	for i, arg := range args {
		if arg == "--" {
			return
		}
		name, _, valued := strings.Cut(arg, "=")
		if !strings.HasPrefix(name, "--") || name == "--help" || c.Flags().Lookup(name[2:]) != nil {
			continue
		}
		f := c.Flags().VarPF(&wordValue{o: o, name: name}, name[2:], "", "argument of the factory")
		f.Hidden = true
		if !valued && (i+1 == len(args) || strings.HasPrefix(args[i+1], "-")) {
			f.NoOptDefVal = noValue
		}
	}
}

// entryIn returns the entry point that a command line, or the environment, asks
// for.
func entryIn(world console.IO, args []string) string {
	for i, arg := range args {
		for _, name := range []string{"-e", "--entry-point"} {
			if arg == name && i+1 < len(args) {
				return args[i+1]
			}
			if value, ok := strings.CutPrefix(arg, name+"="); ok {
				return value
			}
		}
	}
	return world.Getenv("ENTRY_POINT")
}

// isFactory reports whether an entry point is the dotted path of a function, as
// loading decides.
func isFactory(world console.IO, entry string) bool {
	if !strings.Contains(entry, ".") || strings.ContainsAny(entry, "*:/") ||
		strings.HasSuffix(entry, ".yaml") || strings.HasSuffix(entry, ".yml") {
		return false
	}
	_, err := os.Stat(filepath.Join(world.Dir, entry))
	return err != nil
}

// noValue stands for the value of a flag that has none.
const noValue = "\x00"

// wordValue is a flag for a parameter of a factory.
type wordValue struct {
	o    *pipelineOptions
	name string
	text string
}

func (v *wordValue) String() string { return v.text }

func (*wordValue) Type() string { return "value" }

func (v *wordValue) Set(text string) error {
	word := v.name
	if v.text = text; text != noValue {
		word += "=" + text
	}
	v.o.words = append(v.o.words, word)
	return nil
}
