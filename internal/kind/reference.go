package kind

import (
	"fmt"
	"strings"
)

// Reference returns the part of the reference manual, in Markdown, that lists the
// sections with their types and options.
func (t *Table) Reference() string {
	var b strings.Builder
	for i := range t.sections {
		s := &t.sections[i]
		if s.ignored() {
			continue
		}
		title := "`" + s.Name + "`"
		if s.Name == "" {
			title = "Without a section"
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, s.Doc)
		s.typeTable(&b)
		t.optionTable(&b, s)
	}
	return strings.TrimPrefix(b.String(), "\n")
}

func (s *Section) typeTable(b *strings.Builder) {
	if len(s.Types) == 0 {
		return
	}
	b.WriteString("\n| type | is |\n|---|---|\n")
	for _, of := range s.Types {
		names := "`" + of.Name + "`"
		for _, also := range of.Also {
			names += " or `" + also + "`"
		}
		fmt.Fprintf(b, "| %s | %s |\n", names, of.Doc)
	}
}

func (t *Table) optionTable(b *strings.Builder, s *Section) {
	b.WriteString("\n| option | value | default | meaning |\n|---|---|---|---|\n")
	for _, k := range t.ordered {
		if k.Section == s && !k.Ignored {
			fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", shownName(k.Name), k.forms(), k.defaults(), k.meaning())
		}
	}
}

// shownName returns a name with what users choose in capitals.
func shownName(name string) string {
	for _, part := range strings.Split(name, ".") {
		if chosenByUser(part) {
			name = strings.Replace(name, part, strings.ToUpper(strings.Trim(part, "<>")), 1)
		}
	}
	return name
}

// forms says what the value is, for people.
func (k *Known) forms() string {
	switch k.Form {
	case Word, Words:
		words := make([]string, len(k.Words))
		for i, w := range k.Words {
			words[i] = "`" + w + "`"
		}
		list := strings.Join(words, ", ")
		if k.Form == Words {
			return "list of " + list
		}
		return list
	case List:
		return "list"
	case Number, Count:
		return "number"
	case Seconds:
		return "seconds"
	case Port:
		return "port"
	case Bool:
		return "`true`, `false`"
	case Duration, Limit:
		return "time"
	case File:
		return "file"
	case Folder:
		return "folder"
	case URL:
		return "URL"
	case Any:
		return "any"
	}
	return "text"
}

func (k *Known) defaults() string {
	switch {
	case k.Computed != "":
		return k.Computed
	case k.Default != "":
		return "`" + k.Default + "`"
	}
	return ""
}

func (k *Known) meaning() string {
	meaning := k.Doc
	if k.Type != nil && !strings.HasPrefix(k.Name, k.Type.Name+".") {
		meaning = "for `" + k.Type.Name + "`: " + meaning
	}
	if k.Secret {
		meaning += " (secret)"
	}
	return meaning
}
