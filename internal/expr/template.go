package expr

import "strings"

// template is a text taken apart: literal text and expressions in turn.
type template struct {
	parts   []part
	size    int // bytes of literal text
	longest int // bytes of the longest expression
}

// part is literal text or, if expr is not nil, an expression.
type part struct {
	text string
	expr *expression
	// from and to are where an expression begins and ends in the whole text.
	from, to int
}

// last returns what the template has got to.
func (t *template) last() part {
	if t == nil || len(t.parts) == 0 {
		return part{}
	}
	return t.parts[len(t.parts)-1]
}

// parseTemplate takes a text apart. It fails if one of its expressions is none,
// which is the last part then.
//
// "${" begins an expression that ends at the brace which closes it; braces in
// string literals count too. Without a closing brace the rest is literal text,
// and so is what begins with lower case letters and a colon, such as
// ${secret:key}, which is left to others. "$$" stands for "$", which does not
// keep a following "{" from beginning an expression.
func parseTemplate(text string, limits Limits) (*template, error) {
	t := &template{}
	literal := 0 // start of the literal text not yet added
	for i := 0; ; {
		start, length := nextExpression(text, i)
		if start < 0 {
			break
		}
		t.addText(text[literal:start])
		if literal = start; length < 0 {
			break
		}
		i = start + 2 + length + 1
		if err := t.addExpression(text, start, i, limits); err != nil {
			return t, err
		}
		literal = i
	}
	t.addText(text[literal:])
	return t, nil
}

// nextExpression returns where the first expression at or after from begins
// with its "${", and the length of what is between the braces. The start is -1
// if there is none, the length if no brace closes it.
func nextExpression(text string, from int) (start, length int) {
	for {
		start = strings.Index(text[from:], "${")
		if start < 0 || from+start+2 == len(text) {
			return -1, -1
		}
		start += from
		if !isForeign(text[start+2:]) {
			return start, expressionLength(text[start+2:])
		}
		from = start + 2
	}
}

func (t *template) addText(text string) {
	if text == "" {
		return
	}
	text = strings.ReplaceAll(text, "$$", "$")
	t.parts = append(t.parts, part{text: text})
	t.size += len(text)
}

// addExpression adds what stands in text, braces included, between two offsets.
func (t *template) addExpression(text string, from, to int, limits Limits) error {
	source := text[from+2 : to-1]
	if source == "" {
		return nil
	}
	e, err := parseExpression(source, limits)
	t.longest = max(t.longest, len(source))
	t.parts = append(t.parts, part{expr: e, from: from, to: to})
	return err
}

// isForeign tells whether what follows "${" is not for this package.
func isForeign(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 'a' || c > 'z' {
			return c == ':' && i > 0
		}
	}
	return false
}

// expressionLength returns the length of the text before the brace that closes
// an expression, or -1 if there is none.
func expressionLength(text string) int {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			open++
		case '}':
			if open == 0 {
				return i
			}
			open--
		}
	}
	return -1
}
