// Package settings reads what configurations say of messages: what topics of
// brokers, webhooks and hooks have in common. All that is wrong is kept, each with
// where it is set.
package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// Reader reads settings, and keeps what is wrong with them.
type Reader struct {
	*config.Config
	faults []error
}

// Below reports whether a configuration has settings below a prefix, which ends
// with a dot.
func Below(c *config.Config, prefix string) bool {
	return slices.ContainsFunc(c.Keys(), func(key string) bool { return strings.HasPrefix(key, prefix) })
}

// Err returns all that was wrong, each Invalid, or nil.
func (r *Reader) Err() error { return errors.Join(r.faults...) }

// Wrong notes what is wrong with a setting.
func (r *Reader) Wrong(key, format string, args ...any) { r.Advise("", key, format, args...) }

// Advise notes what is wrong with a setting, and what may help.
func (r *Reader) Advise(hint, key, format string, args ...any) {
	r.faults = append(r.faults, r.Errorf(key, "%s "+format, append([]any{key}, args...)...).Hint("%s", hint))
}

// Refuse notes an error about a setting, with its hints.
func (r *Reader) Refuse(key string, err error) {
	r.Advise(model.HintsOf(err), key, "is of no use: %v", err)
}

// Lacks notes that a setting is needed that is not there. It points to one that is
// beside it, if there is one.
func (r *Reader) Lacks(key, hint string) {
	beside := key[:strings.LastIndexByte(key, '.')+1]
	for _, k := range r.Keys() {
		if strings.HasPrefix(k, beside) {
			r.faults = append(r.faults, r.Misnamed(k, false, "%s is not set", key).Hint("%s", hint))
			return
		}
	}
	r.faults = append(r.faults, model.Errorf(model.Invalid, "%s is not set", key).WithHint("%s", hint))
}

// Text reads a text.
func (r *Reader) Text(key, def string) string {
	v, ok := r.Get(key)
	if !ok {
		return def
	}
	return strings.TrimSpace(v)
}

// List reads texts that are joined by commas; what is empty is left out.
func (r *Reader) List(key string) (list []string) {
	for text := range strings.SplitSeq(r.Text(key, ""), ",") {
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// Choice reads one of several words.
func (r *Reader) Choice(key, def string, words ...string) string {
	v := r.Text(key, def)
	for _, w := range words {
		if strings.EqualFold(v, w) {
			return w
		}
	}
	if v != def {
		r.Advise(document.DidYouMean(strings.ToLower(v), words), key, "must be one of %s, not %q", strings.Join(words, ", "), v)
	}
	return def
}

// Duration reads a time that is at least so long.
func (r *Reader) Duration(key string, least time.Duration) time.Duration {
	d, err := schedule.ParseDuration(r.Text(key, ""))
	if err != nil || d < least {
		hint := ""
		if least > 0 {
			hint = fmt.Sprintf("it is at least %v", least)
		}
		r.Advise(hint, key, "must be a time such as 7d, 12h or 30m, not %q", r.Text(key, ""))
	}
	return d
}

// Count reads a whole number above 0.
func (r *Reader) Count(key string) int {
	n, err := strconv.ParseUint(r.Text(key, ""), 10, 31)
	if err != nil || n == 0 {
		r.Wrong(key, "must be a whole number above 0")
	}
	return int(n)
}

// OfMessages are the names of the settings that Message reads, but for those of
// keys, which are "keys.PARAM".
var OfMessages = []string{"remember", "early", "early-most"}

// Options describes them, and those of keys, for names that begin so.
func Options(above string) []kind.Option {
	return []kind.Option{
		{Name: above + "keys.<param>", Doc: "where in a message the value is that the parameter of waiting tasks is compared with"},
		{Name: above + "remember", Form: kind.Duration, Computed: "`7d`", Doc: "for how long a message that comes again is known"},
		{Name: above + "early", Form: kind.Duration, Computed: "`24h`", Doc: "how long a message is kept that nobody waits for yet; `0s` drops it"},
		{Name: above + "early-most", Form: kind.Count, Computed: "`1000`", Doc: "how many of them one key may have"},
	}
}

// Message reads a setting of how messages are understood and kept, whose name
// without what comes before it is what. It reports false for one that is no such.
func (r *Reader) Message(t *feed.Topic, key, what string) bool {
	switch what {
	case "remember":
		t.Remember = r.Duration(key, time.Second)
	case "early":
		if t.Early = r.Duration(key, 0); t.Early == 0 {
			t.Early = -1 // not at all
		}
	case "early-most":
		t.MostEarly = r.Count(key)
	default:
		param, ok := strings.CutPrefix(what, "keys.")
		if ok {
			r.key(t, key, param)
		}
		return ok
	}
	return true
}

// key reads where a key of messages is.
func (r *Reader) key(t *feed.Topic, key, param string) {
	find, err := feed.Find(param, r.Text(key, ""))
	if err != nil {
		r.Refuse(key, err)
		return
	}
	if t.Keys != nil {
		find = feed.FindAll(t.Keys, find)
	}
	t.Keys = find
}

// Split splits the end of a key into a name, which may have dots, and what is said
// of it: one of some words, or something below one of those that end with a dot.
func Split(rest string, words ...string) (name, what string, ok bool) {
	for _, w := range words {
		if strings.HasSuffix(w, ".") {
			if i := strings.LastIndex(rest, "."+w); i > 0 && len(rest) > i+1+len(w) {
				return rest[:i], rest[i+1:], true
			}
		}
	}
	i := strings.LastIndexByte(rest, '.')
	if i <= 0 || !slices.Contains(words, rest[i+1:]) {
		return "", "", false
	}
	return rest[:i], rest[i+1:], true
}

// Meant returns a hint for a setting that is not known, of which rest is the end:
// the word that may have been meant, or all that there are.
func Meant(of, rest string, words ...string) string {
	var plain, shown []string
	for _, w := range words {
		plain = append(plain, strings.TrimSuffix(w, "."))
		if strings.HasSuffix(w, ".") {
			w += "NAME"
		}
		shown = append(shown, w)
	}
	last := rest[strings.LastIndexByte(rest, '.')+1:]
	if hint := document.DidYouMean(last, plain); hint != "" && last != rest {
		return hint
	}
	end := len(shown) - 1
	return "settings of a " + of + " are " + strings.Join(shown[:end], ", ") + " and " + shown[end]
}
