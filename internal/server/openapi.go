package server

import (
	_ "embed"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// doc describes a route for the description of the API.
type doc struct {
	// tag is what the route is about, and summary one line for people.
	tag, summary string
	query        []param
	// body names the schema of what is sent, and answer of what comes back
	// with the status 200. Conflict is that of a 409, if it is no error.
	body, answer, conflict string
	// accepted names the schema of an answer with the status 202, if there is one.
	accepted string
	// media is the type of an answer that is not JSON.
	media string
	// stream says that there is an answer of server-sent events.
	stream bool
	// old says that newer clients do without.
	old bool
}

// archiveBody is the body of a push, which is no JSON.
const archiveBody = "Archive"

// param is a parameter of a query.
type param struct {
	name, kind, about string
	required          bool
}

// schemas are those of what is sent and answered.
//
//go:embed schemas.json
var schemas []byte

// describe returns the description of the API in the form of OpenAPI 3.1.
func describe(routes []route, version string) []byte {
	var components params.Map
	if err := components.UnmarshalJSON(schemas); err != nil {
		panic(err) // it is embedded
	}
	var paths params.Map
	for _, rt := range routes {
		of, _ := paths.MapOr(rt.path, params.Map{}) // it is a map
		paths = paths.Set(rt.path, of.Set(strings.ToLower(rt.method), rt.operation()))
	}
	return params.AppendJSON(nil, params.Of(
		"openapi", "3.1.0",
		"info", params.Of("title", "pawl", "version", version),
		"paths", paths,
		"components", params.Of(
			"schemas", components,
			"securitySchemes", params.Of(
				"basic", params.Of("type", "http", "scheme", "basic"),
				"bearer", params.Of("type", "http", "scheme", "bearer"),
			),
		),
	))
}

func (rt *route) operation() params.Map {
	op := params.Of("summary", rt.doc.summary, "tags", []any{rt.doc.tag}, "operationId", rt.operationID())
	if rt.doc.old {
		op = op.Set("deprecated", true)
	}
	if list := rt.parameters(); len(list) > 0 {
		op = op.Set("parameters", list)
	}
	switch rt.doc.body {
	case "":
	case archiveBody:
		op = op.Set("requestBody", params.Of("required", true, "content", params.Of("application/gzip", params.Map{})))
	default:
		op = op.Set("requestBody", params.Of("required", rt.doc.body != "Enable", "content", content(rt.doc.body)))
	}
	if rt.action != "" {
		op = op.Set("security", []any{params.Of("basic", []any{}), params.Of("bearer", []any{})})
	}
	return op.Set("responses", rt.responses())
}

// operationID is made of the words of the path.
func (rt *route) operationID() string {
	var id strings.Builder
	id.WriteString(strings.ToLower(rt.method))
	gap := false
	for _, r := range strings.TrimPrefix(rt.path, "/api") {
		if letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'; letter || !gap {
			gap = !letter
			if gap {
				r = '_'
			}
			id.WriteRune(r)
		}
	}
	return id.String()
}

func (rt *route) parameters() []any {
	var list []any
	for part := range strings.SplitSeq(rt.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			list = append(list, params.Of("name", strings.TrimSuffix(name, "}"), "in", "path", "required", true, "schema", params.Of("type", "string")))
		}
	}
	for _, p := range rt.doc.query {
		schema := params.Of("type", p.kind)
		if p.kind == "array" {
			schema = schema.Set("items", params.Of("type", "string"))
		}
		list = append(list, params.Of("name", p.name, "in", "query", "required", p.required, "description", p.about, "schema", schema))
	}
	return list
}

func (rt *route) responses() params.Map {
	body := params.Map{}
	if rt.doc.answer != "" {
		body = content(rt.doc.answer)
	}
	if rt.doc.media != "" {
		body = body.Set(rt.doc.media, params.Map{})
	}
	if rt.doc.stream {
		body = body.Set("text/event-stream", params.Map{})
	}
	all := params.Of("200", params.Of("description", "it was done", "content", body))
	if rt.path == "/api/projects/{id}/archive" {
		all = all.Set("303", params.Of("description", "the archive is where Location says"))
	}
	if rt.doc.accepted != "" {
		all = all.Set("202", params.Of("description", "it was stored", "content", content(rt.doc.accepted)))
	}
	if rt.doc.conflict != "" {
		all = all.Set("409", params.Of("description", "there is one already: this", "content", content(rt.doc.conflict)))
	}
	return all.Set("default", params.Of("description", "it was not done", "content", content("Error")))
}

// content is JSON of a schema.
func content(schema string) params.Map {
	return params.Of("application/json", params.Of("schema", params.Of("$ref", "#/components/schemas/"+schema)))
}

func getOpenAPI(c *call) (any, error) { return whole{"application/json", c.openAPI}, nil }

// getSwaggerYAML answers with the same text: JSON is YAML.
func getSwaggerYAML(c *call) (any, error) { return whole{"application/yaml", c.openAPI}, nil }
