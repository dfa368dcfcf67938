package kind

import (
	"encoding/json"
	"regexp"
	"strings"
)

// object is a JSON object of a schema.
type object = map[string]any

// Schema returns the JSON Schema (2020-12) of a YAML configuration, indented. What is
// free in YAML is as Resolve and Check have it, but for keys with dots, of which only
// those are in the schema that can't be written otherwise.
func (t *Table) Schema() []byte {
	root := newTree("the configuration of an installation of pawl")
	for _, k := range t.ordered {
		if k.Ignored {
			continue
		}
		root.add(k.segments(), k)
	}
	for i := range t.sections {
		s := &t.sections[i]
		if s.ignored() || s.Name == "" {
			continue
		}
		at := root.at(strings.Split(s.Name, "."))
		at.doc, at.section = s.Doc, s
	}
	made := root.schema(t)
	made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	made["title"] = "pawl.yaml"
	made["$defs"] = definitions()
	text, _ := json.MarshalIndent(made, "", "  ") // texts, lists and maps
	return append(text, '\n')
}

// segments returns the parts of the key; those that users choose are one each.
func (k *Known) segments() []string { return strings.Split(k.Key, ".") }

// chosenByUser reports whether a part of a key stands for any name.
func chosenByUser(part string) bool { return strings.HasPrefix(part, "<") }

// tree is a mapping of the configuration.
type tree struct {
	doc     string
	section *Section
	below   map[string]*tree // mappings, by name; that of any name is ""
	values  map[string]*Known
}

func newTree(doc string) *tree {
	return &tree{doc: doc, below: make(map[string]*tree), values: make(map[string]*Known)}
}

// at returns the mapping at a path, and makes it if it is missing.
func (n *tree) at(path []string) *tree {
	for _, part := range path {
		if chosenByUser(part) {
			part = ""
		}
		if n.below[part] == nil {
			n.below[part] = newTree("")
		}
		n = n.below[part]
	}
	return n
}

func (n *tree) add(path []string, k *Known) {
	last := path[len(path)-1]
	if chosenByUser(last) {
		last = ""
	}
	n.at(path[:len(path)-1]).values[last] = k
}

// schema returns what the mapping may have.
func (n *tree) schema(t *Table) object {
	properties := object{}
	made := object{"type": "object", "properties": properties}
	if n.doc != "" {
		made["description"] = n.doc
	}
	rest := any(false)
	for name, k := range n.values {
		if name == "" {
			rest = k.schema()
		} else {
			properties[name] = k.schema()
		}
	}
	patterns := object{}
	for name, below := range n.below {
		switch {
		case name == "":
			rest = below.schema(t)
		case n.values[name] != nil: // it has a value already, so that keys have dots
			below.dotted(name, properties, patterns)
		default:
			properties[name] = below.schema(t)
		}
	}
	if len(patterns) > 0 {
		made["patternProperties"] = patterns
	}
	if n.section != nil && len(n.section.Types) > 0 {
		n.ofTypes(t, made, rest)
		return made
	}
	made["additionalProperties"] = rest
	return made
}

// dotted adds the values below a name as keys with dots.
func (n *tree) dotted(above string, properties, patterns object) {
	for name, k := range n.values {
		if name == "" {
			patterns["^"+regexp.QuoteMeta(above)+`\..+$`] = k.schema()
		} else {
			properties[above+"."+name] = k.schema()
		}
	}
	for name, below := range n.below {
		below.dotted(above+"."+name, properties, patterns)
	}
}

// ofTypes adds what may be written without the name of the type that is chosen.
func (n *tree) ofTypes(t *Table, made object, rest any) {
	var all []any
	s := n.section
	for i := range s.Types {
		of := &s.Types[i]
		short := newTree("")
		for _, k := range t.ordered {
			if name, ok := strings.CutPrefix(k.Name, of.Name+"."); ok && k.Section == s && !k.Ignored && k.Type == of {
				short.add(strings.Split(name, "."), k)
			}
		}
		if len(short.values)+len(short.below) == 0 {
			continue
		}
		then := short.schema(t)
		delete(then, "additionalProperties")
		chosen := object{"properties": object{typeName: s.chooses(of)}}
		if i > 0 {
			chosen["required"] = []string{typeName} // the first is the default
		}
		all = append(all, object{"if": chosen, "then": then})
	}
	if len(all) > 0 {
		made["allOf"] = all
	}
	if s.Elsewhere == nil {
		made["unevaluatedProperties"] = rest
	}
}

// chooses is the schema of a type that makes it that one.
func (s *Section) chooses(t *Type) object {
	one := object{"enum": append([]string{t.Name}, t.Also...)}
	if !s.Several {
		return one
	}
	return object{"anyOf": []any{one, object{"type": "array", "contains": one}, object{"type": "string", "pattern": `\b` + t.Name + `\b`}}}
}

// shared are the names of the forms whose schema does not depend on the option.
var shared = map[Form]string{List: "list", Number: "number", Seconds: "number", Count: "count", Port: "port", Bool: "boolean"}

// definitions are the schemas of forms, each of which may be a reference, too.
func definitions() object {
	scalar := []string{"string", "number", "boolean"}
	elsewhere := func(word, what string) object {
		return object{
			"type": "object", "description": what, "additionalProperties": false,
			"properties": object{word: object{"type": "string"}}, "required": []string{word},
		}
	}
	return object{
		"reference": object{"oneOf": []any{
			elsewhere("env", "the value is that of an environment variable"), elsewhere("file", "the value is the content of a file"),
		}},
		"text":    orReference(object{"type": scalar}),
		"list":    orReference(object{"type": "array", "items": orReference(object{"type": scalar})}, object{"type": scalar}),
		"number":  orReference(object{"type": "integer", "minimum": 0}),
		"count":   orReference(object{"type": "integer", "minimum": 1}),
		"port":    orReference(object{"type": "integer", "minimum": 0, "maximum": 65535}),
		"boolean": orReference(object{"type": "boolean"}),
	}
}

// orReference is the schema of one of several things or a reference.
func orReference(one ...any) object {
	return object{"anyOf": append(one, object{"$ref": "#/$defs/reference"})}
}

// schema returns what the value may be.
func (k *Known) schema() object {
	made := object{}
	switch k.Form {
	case Any:
	case Word:
		made = orReference(object{"enum": k.Words})
	case Words:
		made = orReference(object{"type": "array", "items": object{"enum": k.Words}}, object{"type": "string"})
	default:
		name, ok := shared[k.Form]
		if !ok {
			name = "text"
		}
		made["$ref"] = "#/$defs/" + name
	}
	if k.Doc != "" {
		made["description"] = k.Doc
	}
	if k.Default != "" {
		made["default"] = k.Default
	}
	return made
}
