// Package sql compares SQL texts as Ploomber does, and finds the relations that
// they create.
//
// It reads tokens and understands no statement. It is pure: texts come in and
// verdicts go out.
package sql

import "strings"

// Normalize returns the text without what does not count: comments, the case of
// keywords and of names without quotes, and white space wherever it does not
// stand beside an operator. What the text of a string or a quoted name is
// counts, and so does a semicolon at the end. Like Ploomber, it also lets the
// case of types (int, INT) and of LIKE count.
//
// Two texts are the same for Ploomber's differ if the results are equal.
// The result is for comparison: it is no text to be executed.
func Normalize(text string) string {
	var b strings.Builder
	for _, t := range normalized(text) {
		b.WriteString(t.gap)
		b.WriteString(t.text)
	}
	return b.String()
}

// Same tells whether two texts differ in nothing that counts.
func Same(a, b string) bool { return a == b || Normalize(a) == Normalize(b) }

// FirstDifference returns the line of b, from 1, where it first differs from a
// in something that counts, or 0 if they are the same. If b ends too early, that
// is its last line.
func FirstDifference(a, b string) (line int) {
	if Same(a, b) {
		return 0
	}
	x, y := normalized(a), normalized(b)
	for i, t := range y {
		if i >= len(x) || x[i].text != t.text || x[i].gap != t.gap {
			return t.line
		}
	}
	return 1 + lineBreaks(strings.TrimRight(b, " \t\r\n"))
}

// piece is a token with what counts of the white space before it.
type piece struct {
	gap, text string
	line      int
}

func normalized(text string) []piece {
	list := tokens(text)
	out := make([]piece, len(list))
	for i, t := range list {
		out[i] = piece{gap(list, i), t.text, t.line}
	}
	return out
}

// gap returns what counts of the white space before a token. Where a line is
// broken anyway, where it is dropped or always put, nothing counts.
func gap(list []token, i int) string {
	after := list[i]
	if i == 0 {
		if after.before != "" && startsStatement(after) {
			return "\n"
		}
		return ""
	}
	before := list[i-1]
	switch {
	case before.text == ";":
		if after.breaks > 0 {
			return "\n\n"
		}
		return "\n"
	case before.text == "(" || after.text == ")":
		return ""
	case compound(list, i) && !after.noted:
		return after.before
	case compound(list, i):
		return " "
	case startsLine(list, i):
		return "\n"
	case before.text == ",":
		return " "
	case after.text == "," && len(after.before) < 2:
		return ""
	case after.before != "":
		return " "
	}
	return ""
}

// compound tells whether a token continues a keyword of several words, of which
// the white space is a part.
func compound(list []token, i int) bool {
	if list[i].kind != word || list[i-1].kind != word {
		return false
	}
	first := ""
	if i > 1 {
		first = list[i-2].text
	}
	switch list[i-1].text + " " + list[i].text {
	case "GROUP BY", "ORDER BY", "PRIMARY KEY", "UNION ALL", "NOT NULL", "DOUBLE PRECISION", "HANDLER FOR", "IF EXISTS", "IF NOT",
		"END IF", "END LOOP", "END WHILE", "END FOR", "END CASE", "NULLS FIRST", "NULLS LAST", "ASC NULLS", "DESC NULLS",
		"NOT LIKE", "NOT ILIKE", "NOT RLIKE", "NOT REGEXP", "CREATE OR":
		return true
	case "NOT EXISTS":
		return first == "IF"
	case "OR REPLACE":
		return first == "CREATE"
	}
	return i > 0 && isJoin(list, i-1) && isJoin(list, i)
}

// isJoin tells whether a token is JOIN, or a word that leads to it.
func isJoin(list []token, i int) bool {
	for ; i < len(list); i++ {
		switch list[i].text {
		case "JOIN":
			return true
		case "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "STRAIGHT", "CROSS", "NATURAL":
			continue
		}
		return false
	}
	return false
}

// startsStatement tells whether a token is a word that statements begin with.
func startsStatement(t token) bool {
	if t.kind != word {
		return false
	}
	switch t.text {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "UPSERT", "COMMIT", "ROLLBACK", "START",
		"ALTER", "CREATE", "DROP", "TRUNCATE":
		return true
	}
	return false
}

// startsLine tells whether Ploomber breaks the line before a token.
func startsLine(list []token, i int) bool {
	t := list[i]
	if t.text == "(" {
		return i+1 < len(list) && startsStatement(list[i+1]) && !callable(list[i-1])
	}
	if t.kind != word {
		return false
	}
	switch t.text {
	case "FROM", "AND", "OR", "GROUP", "ORDER", "UNION", "VALUES", "SET", "BETWEEN", "EXCEPT", "HAVING", "LIMIT", "WHERE",
		"WHEN", "ELSE", "END":
		return true
	}
	return startsStatement(t) || isJoin(list, i)
}

// callable tells whether a parenthesis right after a token makes it the name of
// a function, so that the white space between them counts.
func callable(t token) bool {
	if t.kind != word {
		return false
	}
	switch t.text {
	case "CASE", "IN", "VALUES", "USING", "FROM", "AS":
		return false
	}
	return true
}

// caseMatters tells whether a word, given in upper case, counts as it is
// written: types, and operators that are words.
func caseMatters(upper string) bool {
	switch upper {
	case "ARRAY", "BIGINT", "BIGNUMERIC", "BINARY", "BIT", "BLOB", "BOOLEAN", "CHAR", "DATE", "DEC", "DECIMAL", "FILE_TYPE", "FLOAT",
		"INT", "INT8", "INTEGER", "INTERVAL", "LONG", "MAP", "NATURALN", "NUMBER", "NUMERIC", "NVARCHAR", "PLS_INTEGER", "POSITIVE",
		"POSITIVEN", "REAL", "ROWID", "ROWLABEL", "ROWNUM", "SERIAL", "SERIAL8", "SIGNED", "SIGNTYPE", "SIMPLE_DOUBLE", "SIMPLE_FLOAT",
		"SIMPLE_INTEGER", "SMALLINT", "STRING", "STRUCT", "SYS_REFCURSOR", "TEXT", "TIMESTAMP", "TINYINT", "UNSIGNED", "UROWID",
		"UTL_FILE", "VARCHAR", "VARCHAR2", "VARIANT", "VARYING",
		"LIKE", "ILIKE", "RLIKE", "REGEXP", "DIV":
		return true
	}
	return false
}
