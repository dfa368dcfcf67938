package sql

import (
	"slices"
	"strings"
)

// Relation is a table or view.
type Relation struct {
	// Schema and Name are without quotes; Schema may be empty. What was not
	// quoted, or in backquotes or brackets, is in lower case.
	Schema, Name string
	Kind         string // "table" or "view"
}

// Created returns the relations that exist because of the CREATE TABLE and
// CREATE VIEW statements of a text, each once, in their order. One that a later
// DROP removes is none of them. Ploomber does the same, but for CREATE OR
// REPLACE, TEMPORARY and MATERIALIZED, which it does not recognize.
func Created(text string) []Relation {
	var made []Relation
	for _, statement := range statements(tokens(text)) {
		r, verb, ok := relation(statement)
		if !ok {
			continue
		}
		made = remove(made, r)
		if verb == "CREATE" {
			made = append(made, r)
		}
	}
	return made
}

func remove(list []Relation, r Relation) []Relation {
	kept := list[:0]
	for _, other := range list {
		if other != r {
			kept = append(kept, other)
		}
	}
	return kept
}

// statements cuts tokens at semicolons.
func statements(list []token) [][]token {
	var out [][]token
	start := 0
	for i, t := range list {
		if t.text == ";" {
			out = append(out, list[start:i])
			start = i + 1
		}
	}
	return append(out, list[start:])
}

// relation reads what a CREATE or DROP statement is about.
func relation(list []token) (r Relation, verb string, ok bool) {
	if len(list) == 0 || list[0].text != "CREATE" && list[0].text != "DROP" {
		return r, "", false
	}
	verb, list = list[0].text, list[1:]
	list = skip(list, "OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "MATERIALIZED", "RECURSIVE", "EXTERNAL")
	if len(list) == 0 || list[0].text != "TABLE" && list[0].text != "VIEW" {
		return r, "", false
	}
	r.Kind, list = strings.ToLower(list[0].text), list[1:]
	list = skip(list, "IF", "NOT", "EXISTS", "ONLY")
	var parts []string
	for i, t := range list {
		if i%2 == 1 && t.text != "." {
			break
		}
		if i%2 == 0 {
			parts = append(parts, identifier(t))
		}
	}
	if len(parts) == 0 || parts[len(parts)-1] == "" {
		return r, "", false
	}
	r.Name = parts[len(parts)-1]
	if len(parts) > 1 {
		r.Schema = parts[len(parts)-2]
	}
	return r, verb, true
}

func skip(list []token, words ...string) []token {
	for len(list) > 0 && list[0].kind == word && slices.Contains(words, list[0].text) {
		list = list[1:]
	}
	return list
}

// identifier returns a name without its quotes, or "" for what is no name.
func identifier(t token) string {
	switch {
	case t.kind == word:
		return strings.ToLower(t.text)
	case t.kind == literal && len(t.text) > 2 && strings.IndexByte("\"`[", t.text[0]) >= 0:
		return strings.ReplaceAll(t.text[1:len(t.text)-1], `""`, `"`)
	}
	return ""
}
