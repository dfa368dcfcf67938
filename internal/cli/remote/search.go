package remote

import (
	"reflect"
	"time"

	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

// usualPage is how many attempts are looked for if nothing is said.
const usualPage = 100

// searchOptions say which attempts are looked for.
type searchOptions struct {
	of client.Search
	spanOptions
	keys keyOptions
}

func (o *searchOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.of.Project, "project", "", "list those of this `PROJECT`")
	f.StringVar(&o.of.Workflow, "workflow", "", "and of this `WORKFLOW` of it")
	f.StringVar(&o.of.Revision, "revision", "", "and of the revision of it with this `name`")
	f.StringVar(&o.of.Status, "status", "", "list those that are `running`, queued, success, error or killed")
	f.StringVar(&o.of.SessionKey, "session-key", "", "list those whose session keys begin with this `text`, such as 2026-01 for session times in it")
	f.VarP((*console.Repeated)(&o.of.Params), "param", "p", "list those with this parameter now: `NAME=VALUE`; dots in the name nest; repeatable")
	f.Var((*console.Repeated)(&o.of.Tags), "tag", "list those with this tag: `NAME=VALUE`; repeatable")
	f.StringVar(&o.of.Awaits.Topic, "topic", "", "list those that wait for messages to this `TOPIC`")
	o.keys.flags(f, "and for this `NAME=VALUE`")
	f.StringVar(&o.of.Group, "group", "", "list those of the group of this `ATTEMPT`: all that run one another again")
	f.BoolVar(&o.of.All, "all", false, "list all attempts of sessions (default: the last ones)")
	o.spanOptions.flags(f)
}

// given reports whether anything is looked for.
func (o *searchOptions) given() bool {
	return !reflect.ValueOf(o.of).IsZero() || o.spanOptions != (spanOptions{}) || len(o.keys.given) > 0
}

// search returns what is looked for.
func (o *searchOptions) search(now time.Time) (client.Search, error) {
	s := o.of
	if s.Project == "" && (s.Workflow != "" || s.Revision != "") {
		return s, model.Errorf(model.Invalid, "a --workflow, or a --revision, is one of a --project")
	}
	var err error
	if s.Awaits, err = o.keys.filter(s.Awaits.Topic); err != nil {
		return s, err
	}
	s.Since, s.Until, err = o.times(now)
	return s, err
}
