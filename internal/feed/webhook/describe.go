package webhook

import (
	"github.com/pawlhq/pawl/internal/feed/settings"
	"github.com/pawlhq/pawl/internal/kind"
)

// Sections describe the settings.
func Sections() []kind.Section {
	return []kind.Section{
		{Name: "webhooks", Doc: "Topics whose records are sent by HTTP requests: see [webhooks](webhooks.md).", Options: []kind.Option{
			{Name: instance, Default: "pawl", Doc: "names the installation in the names of records"},
			{Name: "<topic>.url", Form: kind.URL, Doc: "gets a POST for each record of the topic; required"},
			{Name: "<topic>.secret", Form: kind.List, Secret: true, Doc: "signs requests; with several, each request has a signature of each"},
			{Name: "<topic>.timeout", Form: kind.Duration, Computed: "`15s`", Doc: "how long an answer may take"},
			{Name: "<topic>.parallel", Form: kind.Count, Computed: "`8`", Doc: "how many requests there may be at once"},
			{Name: "<topic>.codec", Computed: "`json`", Doc: "how values are written: `json` or `text`"},
			{Name: "<topic>.headers.<name>", Secret: true, Doc: "header of each request"},
		}},
		{Name: "hooks", Doc: "Messages that others send by HTTP requests: see [hooks](webhooks.md).", Options: append([]kind.Option{
			{Name: "<hook>.signature", Doc: "how the sender proves that it may: `standard-webhooks`, `github`, `hmac-sha256`, `token` or `none`; required"},
			{Name: "<hook>.secret", Form: kind.List, Secret: true, Doc: "what it proves to know; any of several will do"},
			{Name: "<hook>.topic", Computed: "the name of the hook", Doc: "topic of the messages"},
			{Name: "<hook>.id", Computed: "that of the signature", Doc: "where the name of a message is"},
			{Name: "<hook>.codec", Computed: "`json`", Doc: "how messages are written: `json` or `text`"},
			{Name: "<hook>.header", Doc: "header that has the proof, with `hmac-sha256` and `token`"},
			{Name: "<hook>.encoding", Computed: "`hex`", Doc: "how it is written with `hmac-sha256`: `hex` or `base64`"},
			{Name: "<hook>.prefix", Doc: "what it begins with, with `hmac-sha256`"},
			{Name: "<hook>.tolerance", Form: kind.Duration, Computed: "`5m`", Doc: "how far the time of a message may be away, with `standard-webhooks`"},
		}, settings.Options("<hook>.")...)},
	}
}
