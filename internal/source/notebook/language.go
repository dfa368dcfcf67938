package notebook

import (
	"slices"
	"strings"
)

// commentOf has the comment sign of each language whose scripts are read.
var commentOf = map[string]string{"python": "#", "R": "#", "bash": "#", "julia": "#"}

// magicLanguages are those of which a cell in a notebook of another language
// begins with %% and the name.
var magicLanguages = []string{
	"R", "bash", "sh", "python", "python2", "python3", "javascript", "js", "perl", "html", "latex", "markdown",
	"pypy", "ruby", "script", "svg", "matlab", "octave", "sas", "spark", "sql", "cython", "haskell", "julia",
	"coconut", "idl", "robotframework", "tcl", "gnuplot", "c++", "scheme", "clojure", "powershell", "q",
	"typescript", "scala", "rust", "csharp", "fsharp", "sos", "java", "groovy", "sage", "ocaml", "maxima",
	"stata", "xonsh", "logtalk", "lua", "go", "c#", "f#", "cs", "fs",
}

func isMagicLanguage(name string) bool { return slices.Contains(magicLanguages, name) }

// usualName returns the name by which languages are compared.
func usualName(language string) string {
	language = strings.ToLower(language)
	switch language {
	case "r":
		return "R"
	case "octave":
		return "matlab"
	}
	return language
}

// languageOf returns the language of a kernel's or a file's name for it.
func languageOf(name string) string {
	switch {
	case name == "" || name == "R":
		return name
	case strings.HasPrefix(name, "C++"):
		return "c++"
	}
	return strings.ToLower(name)
}

// foreign turns cells of other languages than the main one into cells of the
// main one that begin with the magic of the other.
func foreign(cells []Cell, main string) {
	for i := range cells {
		c := &cells[i]
		v, ok := c.Metadata.Get("language")
		if !ok {
			continue
		}
		language, _ := v.(string)
		if language == main {
			c.Metadata = c.Metadata.Delete("language")
			continue
		}
		if usualName(language) == main || !isMagicLanguage(language) {
			continue
		}
		c.Metadata = c.Metadata.Delete("language")
		head := "%%" + language
		if args, ok := c.Metadata.Get("magic_args"); ok {
			text, _ := args.(string)
			head += " " + text
			c.Metadata = c.Metadata.Delete("magic_args")
		}
		c.Text = head + "\n" + c.Text
	}
}

// mostUsed returns the language that most cells are in, Python if no other is
// in more.
func mostUsed(cells []Cell) string {
	names, count := []string{"python"}, map[string]int{"python": 1} // in half cells
	for i := range cells {
		v, ok := cells[i].Metadata.Get("language")
		if !ok {
			continue
		}
		language, _ := v.(string)
		name := usualName(language)
		if _, known := count[name]; !known {
			names = append(names, name)
		}
		count[name] += 2
	}
	return slices.MaxFunc(names, func(a, b string) int { return count[a] - count[b] })
}
