package kind

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
)

// Doubt is a setting that does nothing.
type Doubt struct {
	// Key is its name and Origin where it is.
	Key, Origin string
	// Reason says why, and Hint what may have been meant, or is empty.
	Reason, Hint string
}

// Resolve gives options of the chosen types that are written without the type's name
// ("archive.bucket") their whole names. Relative paths in YAML then count from the
// folder of the file. It may be called again.
func (t *Table) Resolve(c *config.Config) (faults document.Errors) {
	defer t.locate(c)
	for _, key := range slices.Clone(c.Keys()) {
		s := t.sectionOf(key)
		if s == nil || len(s.Types) == 0 || t.Find(key) != nil || t.elsewhere(s, key) {
			continue
		}
		for _, whole := range t.whole(c, s, key) {
			if !c.Rename(key, whole) {
				faults.Add(c.Misnamed(key, false, "%s is %s, which is set already", key, whole).Hint("leave one of them out"))
			}
			break
		}
	}
	return faults
}

// locate makes paths absolute that are in YAML files.
func (t *Table) locate(c *config.Config) {
	for _, key := range c.Keys() {
		at, _ := c.Setting(key)
		if !at.Structured() || filepath.IsAbs(at.Value) || at.Value == "" {
			continue
		}
		if k := t.Find(key); k != nil && (k.Form == File || k.Form == Folder) {
			c.Replace(key, filepath.Join(at.Folder(), at.Value))
		}
	}
}

// Absolute makes the paths of files and folders absolute, wherever they are set: those
// that are not yet count from dir. It comes after Resolve.
func (t *Table) Absolute(c *config.Config, dir string) {
	for _, key := range c.Keys() {
		path, _ := c.Get(key)
		if k := t.Find(key); path != "" && !filepath.IsAbs(path) && k != nil && (k.Form == File || k.Form == Folder) {
			c.Replace(key, filepath.Join(dir, path))
		}
	}
}

// whole returns the keys that one without the name of a type may stand for.
func (t *Table) whole(c *config.Config, s *Section, key string) (keys []string) {
	name := strings.TrimPrefix(key, s.Name+".")
	for _, chosen := range s.chosen(c) {
		whole := s.key(chosen + "." + name)
		known := t.Find(whole)
		if known != nil && !known.Ignored || s.Typed(chosen) == nil && s.Elsewhere != nil && s.Elsewhere(chosen) {
			keys = append(keys, whole)
		}
	}
	return keys
}

// chosen returns the names of the types that are in force.
func (s *Section) chosen(c *config.Config) (names []string) {
	text, ok := c.Get(s.key(typeName))
	if !ok {
		return []string{s.Types[0].Name}
	}
	for _, name := range SplitList(text) {
		if of := s.Typed(name); of != nil {
			name = of.Name
		}
		names = append(names, name)
	}
	return names
}

// Chosen returns whether the option counts with the types that are in force.
func (k *Known) Chosen(c *config.Config) bool {
	return k.Type == nil || slices.Contains(k.Section.chosen(c), k.Type.Name)
}

// elsewhere reports whether a key is of a type that is known elsewhere.
func (t *Table) elsewhere(s *Section, key string) bool {
	name, option, ok := strings.Cut(strings.TrimPrefix(key, s.Name+"."), ".")
	return s.Elsewhere != nil && ok && option != "" && s.Typed(name) == nil && s.Elsewhere(name)
}

// Check returns what is wrong with the keys and the forms of values of a resolved
// configuration, and which settings do nothing. Names that nobody knows are wrong,
// but for properties that begin like no section: others may read the same file.
func (t *Table) Check(c *config.Config) (faults document.Errors, doubts []Doubt) {
	return t.CheckOnly(c, func(config.Setting) bool { return true })
}

// CheckOnly is Check for some of the settings.
func (t *Table) CheckOnly(c *config.Config, of func(config.Setting) bool) (faults document.Errors, doubts []Doubt) {
	for _, key := range c.Keys() {
		at, _ := c.Setting(key)
		known := t.Find(key)
		switch {
		case !of(at):
		case known == nil:
			if s := t.sectionOf(key); s != nil && t.elsewhere(s, key) {
				continue
			}
			if fault := t.unknown(c, key, at.Structured()); fault != nil {
				faults.Add(fault)
			} else {
				doubts = append(doubts, Doubt{Key: key, Origin: at.Origin, Reason: "is not known"})
			}
		case known.Ignored && at.Structured():
			faults.Add(c.Misnamed(key, false, "%s is a setting of Digdag that has no effect here", key).Hint("leave it out"))
		case known.Ignored:
			doubts = append(doubts, Doubt{Key: key, Origin: at.Origin, Reason: "is a setting of Digdag that has no effect here"})
		case known.idle(c, at) && at.Structured():
			faults.Add(c.Misnamed(key, false, "%s has no effect", key).Hint("%s", known.belongs(c)))
		default:
			if known.idle(c, at) {
				doubts = append(doubts, Doubt{Key: key, Origin: at.Origin, Reason: "has no effect", Hint: known.belongs(c)})
			}
			if at.Listed() && known.single() {
				faults.Add(c.Errorf(key, "%s has one value, and no list", key))
				continue
			}
			if err := known.Check(strings.TrimSpace(at.Value)); err != nil {
				faults.Add(known.Fault(c, key, err))
			}
		}
	}
	return faults, doubts
}

// single reports whether an option has one value. Keys for encryption are secrets that
// may be several.
func (k *Known) single() bool {
	return k.Form != List && k.Form != Words && k.Form != Any && !k.Secret
}

// idle reports whether an option has no effect because it is of a type that is not
// chosen. One that is named after its type waits for it, and so does one whose type was
// chosen elsewhere than in the file of the option.
func (k *Known) idle(c *config.Config, at config.Setting) bool {
	if at.File() == "" || k.Chosen(c) || k.waits() {
		return false
	}
	chosen, set := c.Setting(k.Section.key(typeName))
	return !set || chosen.File() == at.File()
}

// waits reports whether an option is named after its type, and so may be there beside
// another.
func (k *Known) waits() bool { return k.Type != nil && strings.HasPrefix(k.Name, k.Type.Name+".") }

// belongs says which type an option is of, and which one is chosen.
func (k *Known) belongs(c *config.Config) string {
	return fmt.Sprintf("it is one of %s: %s", k.Type.Name, k.Section.choice(c))
}

// choice says what is chosen in a section.
func (s *Section) choice(c *config.Config) string {
	chosen := strings.Join(s.chosen(c), ", ")
	if _, set := c.Get(s.key(typeName)); !set {
		return s.key(typeName) + " is " + chosen + " unless it is set"
	}
	return s.key(typeName) + " chooses " + chosen
}

// Fault returns the error of a value that is not what it must be.
func (k *Known) Fault(c *config.Config, key string, err error) *document.Error {
	e := c.Errorf(key, "%s must be %s", key, k.What())
	if k.Secret {
		e = c.Misnamed(key, false, "%s must be %s", key, k.What())
	}
	if hint, ok := err.(Hint); ok { //nolint:errorlint // which is made by Check, and never wrapped
		e = e.Hint("%s", string(hint))
	}
	return e
}

// fewNames is how many names fit into a hint.
const fewNames = 8

// unknown returns the fault of a key that nobody knows, or nil for one that may be for
// others.
func (t *Table) unknown(c *config.Config, key string, structured bool) *document.Error {
	s := t.sectionOf(key)
	if s == nil {
		name, _, _ := strings.Cut(key, ".")
		hint := document.DidYouMean(name, t.names())
		if hint == "" && !structured {
			return nil
		}
		return c.Misnamed(key, true, "there is no section %s", name).Hint("%s", hint)
	}
	if key == s.Name {
		e := c.Misnamed(key, false, "%s must be a mapping", key)
		if names := t.settable(c, s); len(names) > 0 && len(names) <= fewNames {
			e = e.Hint("in it, there %s", areAll(names))
		}
		return e
	}
	e := c.Misnamed(key, false, "%s is no setting", key)
	name := strings.TrimPrefix(key, s.Name+".")
	if of := t.knowing(s, name); len(of) > 0 {
		return e.Hint("it is one of %s: %s", strings.Join(of, ", "), s.choice(c))
	}
	at := strings.LastIndexByte(key, '.') // there is one, after the section
	if k := t.Find(key[:at]); k != nil && !k.Ignored && structured {
		meant := "{env: NAME}"
		if slices.Contains(document.Suggest(key[at+1:], []string{"env", "file"}), "file") {
			meant = "{file: PATH}"
		}
		return e.Hint("did you mean %s? %s has one value, or says with {env: NAME} or {file: PATH} where it is", meant, key[:at])
	}
	if of, words := t.named(key); len(words) > 0 {
		meant := document.Suggest(strings.TrimPrefix(key, of), words)
		for i := range meant {
			meant[i] = strconv.Quote(of + meant[i])
		}
		if len(meant) > 0 {
			return e.Hint("did you mean %s?", strings.Join(meant, " or "))
		}
		return e.Hint("below %s, there %s", strings.TrimSuffix(of, "."), areAll(words))
	}
	names := t.settable(c, s)
	meant := document.Suggest(name, names)
	for i := range meant {
		meant[i] = strconv.Quote(s.key(meant[i]))
	}
	switch {
	case len(meant) > 0:
		e = e.Hint("did you mean %s?", strings.Join(meant, " or "))
		if k := t.Find(strings.Trim(meant[0], `"`)); k != nil && !k.Chosen(c) && !k.waits() {
			e = e.Hint("%s", k.belongs(c))
		}
	case len(names) > 0 && len(names) <= fewNames:
		e = e.Hint("there %s", areAll(names))
	}
	return e
}

// knowing returns the types of a section that have an option of that name.
func (t *Table) knowing(s *Section, name string) (types []string) {
	for _, of := range s.TypeNames() {
		if k := t.Find(s.key(of + "." + name)); k != nil && !k.Ignored && k.Type != nil {
			types = append(types, of)
		}
	}
	return types
}

// areAll lists names after the verb that fits their number.
func areAll(names []string) string {
	if len(names) == 1 {
		return "is only " + names[0]
	}
	return "are " + strings.Join(names, ", ")
}

// named returns the words that can stand after the beginning of a key that ends in a
// name which users choose, and that beginning. There are none where there is no such name.
func (t *Table) named(key string) (of string, words []string) {
	for _, k := range t.ordered {
		if k.Ignored || len(k.literals) != 2 || len(k.literals[1]) < 2 {
			continue
		}
		rest, ok := strings.CutPrefix(key, k.literals[0])
		at := strings.LastIndexByte(rest, '.')
		if !ok || at <= 0 {
			continue
		}
		of = k.literals[0] + rest[:at+1]
		words = append(words, strings.TrimPrefix(k.literals[1], "."))
	}
	return of, words
}

// names are those of the sections.
func (t *Table) names() (list []string) {
	for i := range t.sections {
		if name, _, _ := strings.Cut(t.sections[i].Name, "."); name != "" && !t.sections[i].ignored() && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// ignored reports whether all of a section has no effect.
func (s *Section) ignored() bool {
	return len(s.Types) == 0 && !slices.ContainsFunc(s.Options, func(o Option) bool { return !o.Ignored })
}

// settable are the names that users may write in a section.
func (t *Table) settable(c *config.Config, s *Section) (list []string) {
	for _, k := range t.ordered {
		if k.Section != s || k.Ignored || k.Open() {
			continue
		}
		list = append(list, k.Name)
		if k.Type != nil && k.Chosen(c) {
			if short, ok := strings.CutPrefix(k.Name, k.Type.Name+"."); ok {
				list = append(list, short)
			}
		}
	}
	return list
}
