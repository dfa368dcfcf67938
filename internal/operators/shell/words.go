package shell

import (
	"strings"
	"sync"
)

// plainWords returns the words of a script that is one command without any
// syntax but blanks and simple quotes, and whose first word is the name of a
// program to every shell.
func plainWords(text string) ([]string, bool) {
	rest := strings.Trim(text, " \t\n")
	var words []string
	for rest != "" {
		word, quoted, n := plainWord(rest)
		if n == 0 || len(words) == 0 && (quoted || !namesProgram(word)) {
			return nil, false
		}
		words = append(words, word)
		rest = strings.TrimLeft(rest[n:], " \t")
	}
	return words, len(words) > 0
}

// plainWord returns the word that text begins with, whether a part of it is
// quoted, and its length in text, which is 0 if it is not plain.
func plainWord(text string) (word string, quoted bool, n int) {
	var parts strings.Builder
	for n < len(text) {
		switch c := text[n]; {
		case c == ' ' || c == '\t':
			return parts.String(), quoted, n
		case c == '\'' || c == '"':
			inner, ok := quotedPart(text[n+1:], c)
			if !ok {
				return "", false, 0
			}
			parts.WriteString(inner)
			quoted = true
			n += len(inner) + 2
		case isPlain(c):
			parts.WriteByte(c)
			n++
		default:
			return "", false, 0
		}
	}
	return parts.String(), quoted, n
}

// isPlain tells whether c means itself wherever it stands outside of quotes.
func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("%+,-./:=@_", c) >= 0
}

// quotedPart returns what stands before the closing quote, if all of it means
// itself.
func quotedPart(text string, quote byte) (string, bool) {
	for i := range len(text) {
		switch c := text[i]; {
		case c == quote:
			return text[:i], true
		case c < ' ' || c > '~':
			return "", false
		case quote == '"' && strings.IndexByte("$`\\", c) >= 0:
			return "", false
		}
	}
	return "", false
}

// namesProgram tells whether the first word of a command is neither an
// assignment nor something that a shell knows itself.
func namesProgram(word string) bool {
	if strings.Contains(word, "=") || word == "" {
		return false
	}
	_, own := shellWords()[word]
	return !own
}

// shellWords are the reserved words and the commands that shells have built
// in, and setsid, which does its work only where it does not lead a group.
var shellWords = sync.OnceValue(func() map[string]struct{} {
	return setOf(`
	! { } [[ ]] case coproc do done elif else esac fi for function if in select then time until while
	. : [ alias bg bind break builtin caller cd chdir command compgen complete compopt continue declare
	dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let
	local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source
	suspend test times trap true type typeset ulimit umask unalias unset wait
	setsid
`)
})

func setOf(words string) map[string]struct{} {
	set := make(map[string]struct{})
	for word := range strings.FieldsSeq(words) {
		set[word] = struct{}{}
	}
	return set
}
