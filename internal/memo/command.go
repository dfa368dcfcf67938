package memo

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// commandCode adds the files of the project that a command names, or says why those
// can't be known: what a shell puts together when it runs the command is not seen.
func (t Asked) commandCode(command string, named bool, parts Parts) (why string, err error) {
	said, why := words(command)
	if shell := t.shell(); why == "" && !slices.Contains(shells, shell) {
		why = "what is run by " + shell + " is not read"
	}
	if i := slices.IndexFunc(said, func(w string) bool { return slices.Contains(readers, path.Base(w)) }); why == "" && i >= 0 {
		why = said[i] + " reads from files what it does"
	}
	if why != "" && !named {
		return why + ": name its files, or give it a version", nil
	}
	f := finder{project: t.Project, folders: []string{t.Workdir}, parts: parts, seen: make(map[string]bool)}
	env, _ := t.Params.MapOr("_env", params.Map{}) // what is none, is reported where it is used
	folders, _ := env.StringOr("PATH", "")
	for _, w := range append(filepath.SplitList(folders), said...) {
		if err := f.word(w); err != nil {
			return "", err
		}
	}
	for _, w := range said { // folders that come after what is in them
		if err := f.word(w); err != nil {
			return "", err
		}
	}
	return "", nil
}

// shells are those whose words are read here.
var shells = []string{"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"}

// readers are programs whose work is said by files that no command names.
var readers = []string{
	"make", "gmake", "ninja", "cmake", "just", "rake", "ant", "mvn", "gradle", "sbt", "bazel", "npm", "npx", "yarn", "pnpm",
	"cargo", "go", "tox", "nox", "invoke", "dvc", "snakemake", "dbt",
}

// shell returns the name of the program that reads the command.
func (t Asked) shell() string {
	list, err := t.Params.ListOr("shell", nil)
	if text, _ := t.Params.StringOr("shell", ""); err != nil || len(list) == 0 && text != "" {
		list = []params.Value{text}
	}
	if len(list) == 0 {
		return "sh"
	}
	text, _ := list[0].(string)
	return strings.TrimSuffix(path.Base(filepath.ToSlash(text)), ".exe")
}

// finder looks for the files that words name.
type finder struct {
	project string
	folders []string // where the command may be when it names a file
	parts   Parts
	seen    map[string]bool
}

// piece is what may be a path within a word, as in --file=a or @a.
var piece = regexp.MustCompile(`[^=:,@]+`)

func (f *finder) word(w string) error {
	for _, name := range append(piece.FindAllString(w, -1), w) {
		for _, folder := range slices.Clone(f.folders) {
			at := filepath.FromSlash(name)
			if !filepath.IsAbs(at) {
				at = filepath.Join(folder, at)
			}
			module := filepath.Join(folder, filepath.FromSlash(strings.ReplaceAll(name, ".", "/"))) // of python -m
			for _, at := range []string{at, filepath.Join(at, "__main__.py"), module + ".py", filepath.Join(module, "__main__.py")} {
				if err := f.file(at, folder); err != nil {
					return err
				}
			}
			if inside(f.project, at) && isFolder(at) && !slices.Contains(f.folders, at) {
				f.folders = append(f.folders, at)
			}
		}
	}
	return nil
}

// file adds a file, if it is one of the project, and what it imports.
func (f *finder) file(at, folder string) error {
	if f.seen[at] || !inside(f.project, at) {
		return nil
	}
	if _, err := os.Stat(at); err != nil {
		return nil //nolint:nilerr // most words are no paths
	}
	sum, found, err := fileDigest(at)
	if err != nil || !found {
		return err
	}
	f.seen[at] = true
	rel, err := filepath.Rel(f.project, at)
	if err != nil {
		return err
	}
	f.parts["script:"+filepath.ToSlash(rel)] = sum
	if filepath.Ext(at) != ".py" {
		return nil
	}
	text, _, err := readFile(at)
	if err != nil {
		return err
	}
	for _, from := range []string{filepath.Dir(at), folder} { // of a script, and of a module
		m := &module{strings.TrimSuffix(filepath.Base(at), ".py"), at, text}
		if rel, err := filepath.Rel(from, at); err == nil {
			m.name = strings.ReplaceAll(strings.TrimSuffix(filepath.ToSlash(rel), ".py"), "/", ".")
		}
		if err := imported(from, m, f.parts, map[string]bool{at: true}); err != nil {
			return err
		}
	}
	return nil
}

// inside reports whether a path leads below a folder.
func inside(folder, at string) bool {
	rel, err := filepath.Rel(folder, at)
	return err == nil && filepath.IsLocal(rel)
}

// words returns the words of a command for a shell, without what it writes to, and
// those of commands that are words themselves; or why they can't be known.
func words(command string) (list []string, why string) {
	l := lexer{text: command}
	for {
		w, ok := l.next()
		if !ok {
			return list, why
		}
		if w.why != "" && why == "" {
			why = w.why
		}
		if w.written {
			continue
		}
		if w.quoted && strings.ContainsAny(w.text, " \t\n;|&()<>") && w.text != command {
			inner, unknown := words(w.text)
			if why == "" && slices.ContainsFunc(list, takesCommand.MatchString) {
				why = unknown
			}
			list = append(list, inner...)
		}
		list = append(list, w.text)
	}
}

// takesCommand is a word after which others may be commands.
var takesCommand = regexp.MustCompile(`^(-[a-zA-Z]*[cS]|eval|trap|ssh|watch|parallel)$`)

// lexer splits a command as a shell does.
type lexer struct {
	text    string
	at      int
	written bool // the next word is written to
}

// lexed is a word of a command.
type lexed struct {
	text            string
	quoted, written bool
	why             string // why it stands for something else, if it does
}

const blanks, operators = " \t\r\n", ";|&()<>"

func (l *lexer) next() (w lexed, ok bool) {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case strings.IndexByte(blanks, c) >= 0:
			l.at++
		case c == '#':
			end := strings.IndexByte(l.text[l.at:], '\n')
			if end < 0 {
				end = len(l.text) - l.at
			}
			l.at += end
		case strings.IndexByte(operators, c) >= 0:
			l.written = c == '>' || c == '|' && l.written || c == '&' && l.written
			l.at++
		default:
			w.written, l.written = l.written, false
			l.word(&w)
			return w, true
		}
	}
	return w, false
}

// word reads a word that begins here.
func (l *lexer) word(w *lexed) {
	var b strings.Builder
	var quote byte
	from := l.at
	for ; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		switch {
		case c == quote:
			quote = 0
		case quote == '\'':
			b.WriteByte(c)
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
			if l.text[l.at] != '\n' {
				b.WriteByte(l.text[l.at])
			}
		case c == '$' || c == '`':
			w.unknown(c)
			b.WriteByte(c)
		case quote != 0:
			b.WriteByte(c)
		case c == '\'' || c == '"':
			quote, w.quoted = c, true
		case strings.IndexByte(blanks+operators, c) >= 0:
			w.text = b.String()
			return
		default:
			if strings.IndexByte("*?[", c) >= 0 && l.text[from:min(len(l.text), from+2)] != "[ " || c == '~' && (l.at == from || strings.IndexByte("=:", l.text[l.at-1]) >= 0) || c == '{' && l.at+1 < len(l.text) && strings.IndexByte(blanks, l.text[l.at+1]) < 0 {
				w.unknown(c)
			}
			b.WriteByte(c)
		}
	}
	if w.text = b.String(); quote != 0 {
		w.why = "a quote in its command has no end"
	}
}

func (w *lexed) unknown(c byte) {
	if w.why == "" {
		w.why = fmt.Sprintf("what %c stands for in its command is known when it runs", c)
	}
}
