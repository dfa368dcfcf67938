package httpop

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// content is the body of a request.
type content struct {
	text      string
	mediaType string
}

// readContent encodes the content parameter; nil means that there is none.
// What it holds of secrets is filled in by fill.
func readContent(p params.Map, fill filler) (*content, error) {
	v, _ := p.Get("content")
	if v == nil {
		return nil, nil
	}
	format, err := p.StringOr("content_format", "")
	if err != nil {
		return nil, err
	}
	if v, err = fill.value(v); err != nil {
		return nil, err
	}
	c, err := encode(v, strings.ToLower(format))
	if err != nil || c.mediaType == formType {
		return c, err
	}
	c.mediaType, err = p.StringOr("content_type", c.mediaType)
	return c, err
}

// Media types that contents have unless the task says otherwise. Digdag sends
// "plain/text", and so does this.
const (
	textType = "plain/text"
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

func encode(v params.Value, format string) (*content, error) {
	m, isMap := v.(params.Map)
	_, isList := v.([]params.Value)
	if format == "" {
		format = "text"
		if isMap || isList {
			format = "json"
		}
	}
	switch {
	case format == "json":
		return &content{string(params.AppendJSON(nil, v)), jsonType}, nil
	case format == "form" && isMap:
		text, err := form(m)
		return &content{text, formType}, err
	case format == "text" && !isMap && !isList:
		return &content{params.Literal(v), textType}, nil
	}
	return nil, model.Errorf(model.Invalid, "Invalid content format for %s: '%s'", kind(isMap, isList), format)
}

func kind(isMap, isList bool) string {
	switch {
	case isMap:
		return "objects"
	case isList:
		return "arrays"
	}
	return "scalars"
}

// form encodes scalars in their order.
func form(m params.Map) (string, error) {
	var b strings.Builder
	for name, v := range m.All() {
		text, ok := params.ToString(v)
		if !ok {
			return "", model.Errorf(model.Invalid, "Invalid form content field value: %s", params.AppendJSON(nil, v))
		}
		appendPair(&b, name, text)
	}
	return b.String(), nil
}

// appendPair appends name=value, with '&' before it unless it is the first.
func appendPair(b *strings.Builder, name, value string) {
	if b.Len() > 0 {
		b.WriteByte('&')
	}
	b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value))
}

// readQuery returns what the query parameter adds to the URI's query.
func readQuery(p params.Map, fill filler) (string, error) {
	v, _ := p.Get("query")
	if v == nil {
		return "", nil
	}
	if text, ok := v.(string); ok {
		parsed, err := params.ParseJSON([]byte(text))
		if m, ok := parsed.(params.Map); err == nil && ok {
			return queryOf(m, fill)
		}
		return requery(text, fill)
	}
	m, err := p.MapAt("query")
	if err != nil {
		return "", err
	}
	return queryOf(m, fill)
}

func queryOf(m params.Map, fill filler) (string, error) {
	var b strings.Builder
	for name := range m.Keys() {
		value, err := m.String(name)
		if err != nil {
			return "", fmt.Errorf("query: %w", err)
		}
		if name, err = fill.text(name); err != nil {
			return "", err
		}
		if value, err = fill.text(value); err != nil {
			return "", err
		}
		appendPair(&b, name, value)
	}
	return b.String(), nil
}

// requery brings a text such as "a=b&c=d" into the form of a query.
func requery(text string, fill filler) (string, error) {
	text, err := fill.text(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return "", model.Errorf(model.Invalid, "query is not of the form a=b&c=d")
		}
		appendPair(&b, name, value)
	}
	return b.String(), nil
}
