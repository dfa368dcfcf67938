package model

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tags say of an attempt what people, and the run queue, tell attempts apart by:
// texts under names.
type Tags map[string]string

// Limits of tags, in bytes where nothing else is said.
const (
	// MaxTags is how many an attempt may have.
	MaxTags     = 50
	MaxTagName  = 100
	MaxTagValue = 250
)

// SystemTag is what the names of tags begin with that nobody but pawl itself gives.
const SystemTag = "pawl/"

// Tags that pawl gives, or that stand for what an attempt is.
const (
	// ScheduleTag has the id of the schedule that started an attempt.
	ScheduleTag = SystemTag + "schedule"
	// SensorTag has the id of the sensor that asked for an attempt.
	SensorTag = SystemTag + "sensor"
	// BackfillTag has the name of the backfill that an attempt is of.
	BackfillTag = SystemTag + "backfill"
	// ParentTag has the id of the attempt that one runs again, or goes on with, and
	// RootTag that of the first of all of them: see Descend.
	ParentTag = SystemTag + "parent"
	RootTag   = SystemTag + "root"
	// MachineTag and FolderTag say where the run of a folder was begun.
	MachineTag = SystemTag + "machine"
	FolderTag  = SystemTag + "folder"
	// ProjectTag is the name of the project, and WorkflowTag that of the workflow
	// after that of its project and a slash. They are not stored: every attempt of a
	// stored project has them for the run queue.
	ProjectTag  = SystemTag + "project"
	WorkflowTag = SystemTag + "workflow"
)

// Names returns the names in order.
func (t Tags) Names() []string { return slices.Sorted(maps.Keys(t)) }

// With returns t with other tags, which come before those of the same name.
func (t Tags) With(others Tags) Tags {
	switch {
	case len(others) == 0:
		return t
	case len(t) == 0:
		return others
	}
	all := maps.Clone(t)
	maps.Copy(all, others)
	return all
}

// Descend returns the tags t of an attempt with those that say that it runs another
// one again, or goes on with it, which has the tags of. It is of the same backfill.
func (t Tags) Descend(parent AttemptID, of Tags) Tags {
	id := strconv.FormatInt(int64(parent), 10)
	line := Tags{ParentTag: id, RootTag: cmp.Or(of[RootTag], id)}
	if name, ok := of[BackfillTag]; ok {
		line[BackfillTag] = name
	}
	return t.With(line)
}

// Line returns the attempt that one with the tags t runs again, or goes on with, and the
// first of its group; both are 0 for one that does neither.
func (t Tags) Line() (parent, root AttemptID) {
	p, _ := strconv.ParseInt(t[ParentTag], 10, 64) // nobody else gives it
	r, _ := strconv.ParseInt(t[RootTag], 10, 64)
	return AttemptID(p), AttemptID(r)
}

// Shown returns the tags without those that Line tells.
func (t Tags) Shown() Tags {
	if _, descends := t[RootTag]; !descends {
		return t
	}
	shown := maps.Clone(t)
	delete(shown, ParentTag)
	delete(shown, RootTag)
	return shown
}

// own counts those that people have given.
func (t Tags) own() (n int) {
	for name := range t {
		if !strings.HasPrefix(name, SystemTag) {
			n++
		}
	}
	return n
}

// CheckNumber returns an Invalid error if people have given an attempt too many.
func (t Tags) CheckNumber() error {
	if n := t.own(); n > MaxTags {
		return Errorf(Invalid, "an attempt may have up to %d tags, and would have %d", MaxTags, n)
	}
	return nil
}

// String returns the tags as NAME=VALUE, in order of names, with commas between.
func (t Tags) String() string {
	var b strings.Builder
	for i, name := range t.Names() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name + "=" + t[name])
	}
	return b.String()
}

// Check returns an Invalid error for tags that nobody can give to an attempt: a
// name or a value that is no such thing, too many, or one of the system's.
func (t Tags) Check() error {
	if len(t) > MaxTags {
		return Errorf(Invalid, "an attempt may have up to %d tags, not %d", MaxTags, len(t))
	}
	for _, name := range t.Names() {
		if strings.HasPrefix(name, SystemTag) {
			return Errorf(Invalid, "the tag %.100q is not to be given: names that begin with %q are pawl's own", name, SystemTag)
		}
		if err := checkTag(name, t[name]); err != nil {
			return err
		}
	}
	return nil
}

// CheckChange returns an Invalid error for a change of tags that nobody can ask for:
// of t, which are given, and of those of other names, which are taken away.
func (t Tags) CheckChange(unset []string) error {
	if len(t)+len(unset) == 0 {
		return Errorf(Invalid, "there are no tags to be changed")
	}
	for _, name := range unset {
		if err := (Tags{name: ""}).Check(); err != nil {
			return err
		}
	}
	return t.Check()
}

// checkTag returns an Invalid error unless an attempt can have such a tag, whoever
// gives it.
func checkTag(name, value string) error {
	if err := checkTagName(name); err != nil {
		return err
	}
	if err := atMost(MaxTagValue, "the value of the tag "+name, value); err != nil {
		return err
	}
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return Errorf(Invalid, "the value of the tag %s is not printable: %q", name, value)
	}
	return nil
}

func checkTagName(name string) error {
	if name == "" {
		return Errorf(Invalid, "a tag needs a name").WithHint("write it as NAME=VALUE, such as team=search")
	}
	if err := atMost(MaxTagName, "the name of a tag", name); err != nil {
		return err
	}
	for i, r := range name {
		if !tagRune(r) || i == 0 && strings.ContainsRune("._-/", r) {
			return Errorf(Invalid, "%q can't be the name of a tag", name).
				WithHint("letters, digits and any of . _ - / are allowed, and it begins with a letter or a digit")
		}
	}
	return nil
}

func tagRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-/", r)
}

// ParseTags reads tags that are written as NAME=VALUE each. It returns an Invalid
// error for those that nobody can give.
func ParseTags(texts []string) (Tags, error) {
	t, err := readTags(texts)
	if err != nil {
		return nil, err
	}
	return t, t.Check()
}

// ParseWantedTags reads tags that are looked for, which may be pawl's own, as ParseTags
// does those that are given. It returns an Invalid error for those that nothing has.
func ParseWantedTags(texts []string) (Tags, error) {
	t, err := readTags(texts)
	for _, name := range t.Names() {
		if err == nil {
			err = checkTag(name, t[name])
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

func readTags(texts []string) (Tags, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	t := make(Tags, len(texts))
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, Errorf(Invalid, "%q is no tag", text).WithHint("write it as NAME=VALUE, such as team=search")
		}
		if _, twice := t[name]; twice {
			return nil, Errorf(Invalid, "the tag %q is given twice", name)
		}
		t[name] = value
	}
	return t, nil
}
