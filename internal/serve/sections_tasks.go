package serve

import (
	"github.com/pawlhq/pawl/internal/kind"
	"github.com/pawlhq/pawl/internal/secret"
)

func notificationSection() kind.Section {
	return kind.Section{
		Name: "notification", Doc: "Whom [`notify>`](operators.md#notify) and workflows that fail tell.",
		TypeDoc: "how people are told",
		Types: []kind.Type{
			{Name: "log", Doc: "writes it to the log"},
			{Name: "shell", Doc: "runs a command with JSON as its input", Options: []kind.Option{
				{Name: "shell.command", Doc: "the command"},
				{Name: "shell.timeout", Form: kind.Number, Default: "30000", Doc: "how many milliseconds it may take"},
			}},
			{Name: "http", Doc: "makes a request with JSON", Options: []kind.Option{
				{Name: "http.url", Form: kind.URL, Doc: "where to"},
				{Name: "http.method", Default: "POST", Doc: "its method"},
				{Name: "http.headers.<name>", Secret: true, Doc: "header of it"},
			}},
		},
		Options: []kind.Option{
			{Name: "retries", Form: kind.Number, Default: "10", Doc: "how often it is tried again"},
			{Name: "min_retry_wait", Form: kind.Number, Default: "1000", Doc: "milliseconds before the first retry; twice as long each time"},
			{Name: "max_retry_wait", Form: kind.Number, Default: "30000", Doc: "most milliseconds before a retry"},
		},
	}
}

func operatorSection() kind.Section {
	return kind.Section{Name: "config", Doc: "Settings of operators: see [`http>`](operators.md#http).", Options: []kind.Option{
		{Name: "http.user_agent", Doc: "what requests say that they are from"},
		{Name: "http.max_redirects", Form: kind.Number, Default: "8", Doc: "how often a request follows to another place"},
		{Name: "http.allow_user_proxy", Form: kind.Bool, Default: "true", Doc: "lets tasks name a proxy"},
		{Name: "http.max_stored_response_content_size", Form: kind.Number, Default: "65536", Doc: "most characters of an answer that is stored"},
		{Name: "http_call.max_response_content_size", Form: kind.Number, Default: "65536", Doc: "most characters of a workflow that is fetched"},
		{Name: "http.proxy.enabled", Form: kind.Bool, Default: "false", Doc: "sends requests through a proxy"},
		{Name: "http.proxy.host", Doc: "name of its machine"},
		{Name: "http.proxy.port", Form: kind.Port, Doc: "its port"},
		{Name: "http.proxy.tls", Form: kind.Bool, Default: "false", Doc: "speaks TLS with it"},
	}}
}

func paramsSection() kind.Section {
	return kind.Section{Name: "params", Doc: "Parameters of all tasks, which everything else overrides. They are what they are in YAML, lists and mappings included.", Options: []kind.Option{
		{Name: "<name>", Form: kind.Any, Doc: "a parameter"},
	}}
}

func secretsSection() kind.Section {
	return kind.Section{Name: "secrets", Doc: "Secrets of tasks of local runs, by their names. Those of a server are stored in its database.", Options: []kind.Option{
		{Name: "<name>", Secret: true, Doc: "a secret"},
	}}
}

func clientSection() kind.Section {
	return kind.Section{Name: "client", Doc: "How commands talk to a server. They read it from the user's files and from the one that `-c` names, and not from a project's.", Options: []kind.Option{
		{Name: "http.endpoint", Form: kind.URL, Default: "http://127.0.0.1:65432", Doc: "the server"},
		{Name: "http.token", Secret: true, Doc: "API token"},
		{Name: "http.headers.<name>", Secret: true, Doc: "header of all requests"},
		{Name: "http.disable_direct_download", Form: kind.Bool, Default: "false", Doc: "has the server send files itself, wherever it keeps them"},
	}}
}

func generalSection() kind.Section {
	return kind.Section{Doc: "Settings that stand by themselves.", Options: []kind.Option{
		{Name: "tmpdir", Form: kind.Folder, Computed: "that of the system", Doc: "folder for the folders that tasks work in"},
		{Name: secret.KeySetting, Form: kind.List, Secret: true, Doc: "keys that the secrets of projects are encrypted with, 32 bytes in base64 each; the first is for new ones"},
	}}
}
