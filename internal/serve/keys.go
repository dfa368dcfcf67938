package serve

import (
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/blob/plugin"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/model"
)

// Doubt is a setting that does nothing.
type Doubt = kind.Doubt

// Doubts returns the settings that nobody reads and that are no faults, in their
// order.
func Doubts(cfg *config.Config) []Doubt {
	_, doubts := newSettings(cfg).checked()
	return doubts
}

// checked returns what is wrong with the names and the forms of settings, and which
// of them do nothing.
func (s *settings) checked() (document.Errors, []Doubt) {
	faults, doubts := s.table.Check(s.Config)
	for _, name := range s.Keys() {
		if _, typ := pluginOf(name); typ != remoteGCS {
			continue
		}
		if _, err := plugin.Kind.Find(remoteGCS); err != nil {
			at, _ := s.Setting(name)
			reason := "is for the plug-in " + plugin.Kind.Program(remoteGCS) + ", which is not on PATH"
			doubts = append(doubts, Doubt{Key: name, Origin: at.Origin, Reason: reason, Hint: model.HintsOf(err)})
		}
	}
	return faults, doubts
}

// telling are parts of names whose values are not shown, whoever reads them.
var telling = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)passw|secret|token|credential|api.?key|private|authorization`)
})

// Hidden is what is shown instead of a secret.
const Hidden = "********"

// Shown returns a value as it may be shown.
func Shown(name, value string) string {
	k := Table().Find(name)
	switch {
	case value == "":
		return value
	case name == "database.url":
		return shownURL(value)
	case (strings.HasPrefix(name, "webhooks.") || strings.HasPrefix(name, reportersPrefix)) && strings.HasSuffix(name, ".url"):
		return shownHost(value)
	case (strings.HasPrefix(name, "webhooks.") || strings.HasPrefix(name, reportersPrefix)) && strings.Contains(name, ".headers."):
		return Hidden
	case k != nil && k.Secret, telling().MatchString(name) && (k == nil || k.Open()):
		return Hidden
	}
	return value
}

// shownHost returns a URL without its path, which may be known to few.
func shownHost(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return Hidden
	}
	return u.Scheme + "://" + u.Host + "/" + Hidden
}

// shownURL returns a URL without what logs in, if it is one.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return Hidden
	}
	if _, ok := u.User.Password(); ok {
		u.User = url.UserPassword(u.User.Username(), "hidden")
	}
	query := u.Query()
	for name := range query {
		if telling().MatchString(name) {
			query.Set(name, "hidden")
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}
