package console

import (
	"bytes"
	"testing"
)

func TestControlCharactersAreShownOnATerminal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "",
		"1 row\tof ä\r\n":                    "1 row\tof ä\r\n",
		"\x1b[1;31mred\x1b[0m \x1b[m\n":      "\x1b[1;31mred\x1b[0m \x1b[m\n",
		"\x1b[2J\x1b]0;title\a\x00\x7f\n":    "^[[2J^[]0;title^G^@^?\n",
		"\x1b[31":                            "^[[31",
		"\u009b2J":                           `\u009b2J`,
		"bytes \xff\x80 stay, \x1b does not": "bytes \xff\x80 stay, ^[ does not",
	} {
		if got := string(safe([]byte(text))); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestWhatIsNoTerminalGetsOutputAsItIs(t *testing.T) {
	t.Parallel()
	const text = "\x1b[2J\n"
	var plain, shown bytes.Buffer
	_, err := Fit(&plain, &plain).Write([]byte(text))
	if err != nil || plain.String() != text {
		t.Errorf("%q, %v", plain.String(), err)
	}
	n, err := safely{&shown}.Write([]byte(text))
	if err != nil || n != len(text) || shown.String() != "^[[2J\n" {
		t.Errorf("%q after %d, %v", shown.String(), n, err)
	}
}
