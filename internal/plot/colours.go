package plot

import (
	"bytes"
	"fmt"
	"strings"
)

// look is how the nodes of a state are drawn.
type look struct {
	state string
	light shade
	dark  shade
	// sign is the path of a sign, 12 by 12 pixels, drawn with the line colour,
	// so that states differ by more than colour.
	sign string
}

// shade is a pair of colours.
type shade struct{ fill, line string }

var (
	green  = [2]shade{{"#e3f6e8", "#1a7f37"}, {"#10301b", "#46c46a"}}
	red    = [2]shade{{"#fde8e8", "#c62828"}, {"#3d1418", "#ff7b72"}}
	blue   = [2]shade{{"#e3effc", "#0b5cad"}, {"#0f2846", "#63aeff"}}
	amber  = [2]shade{{"#fdf3d7", "#8a5a00"}, {"#362a08", "#e3b341"}}
	violet = [2]shade{{"#f1eafb", "#6b3fb5"}, {"#281a41", "#b999f5"}}
	grey   = [2]shade{{"#eef0f3", "#59636e"}, {"#22272e", "#9aa4af"}}
	brown  = [2]shade{{"#f6ebe4", "#8d4b22"}, {"#352117", "#dc9b74"}}
)

// Signs of states.
const (
	tick   = "M1.5 6.5 4.7 9.7 10.5 2.6"
	cross  = "M2.2 2.2 9.8 9.8M9.8 2.2 2.2 9.8"
	play   = "M3.2 1.8 10 6 3.2 10.2z"
	clock  = "M6 1a5 5 0 1 0 .01 0zM6 3.2V6.2L8 7.6"
	skip   = "M1.5 2.5 5 6 1.5 9.5M6.5 2.5 10 6 6.5 9.5"
	circle = "M6 1a5 5 0 1 0 .01 0z"
	barred = "M6 1a5 5 0 1 0 .01 0zM2.6 9.4 9.4 2.6"
	square = "M2 2H10V10H2z"
	dash   = "M2 6H10"
	redo   = "M10 6A4 4 0 1 1 8.4 2.8M8.6 .6V3.2H6"
)

// looks are the states that have colours of their own. neutral is for the
// others.
var (
	looks = []look{
		{"success", green[0], green[1], tick},
		{"up_to_date", green[0], green[1], tick},
		{"failed", red[0], red[1], cross},
		{"running", blue[0], blue[1], play},
		{"open", blue[0], blue[1], play},
		{"waiting", amber[0], amber[1], clock},
		{"outdated", red[0], red[1], redo},
		{"skipped", violet[0], violet[1], skip},
		{"blocked", grey[0], grey[1], circle},
		{"not_reached", grey[0], grey[1], dash},
		{"cancelled", brown[0], brown[1], barred},
		{"stopped", brown[0], brown[1], square},
	}
	neutral = look{"none", shade{"#f6f8fa", "#6e7781"}, shade{"#1c2128", "#8b949e"}, ""}
)

// name is the state in words.
func (l look) name() string { return strings.ReplaceAll(l.state, "_", " ") }

// lookOf returns the look of a state.
func lookOf(state string) look {
	for _, l := range looks {
		if l.state == state {
			return l
		}
	}
	return neutral
}

// theme is the colours of what has no state.
type theme struct{ page, frame, text, detail, edge string }

var (
	lightTheme = theme{page: "#ffffff", frame: "#f3f5f8", text: "#1f2328", detail: "#57606a", edge: "#6e7781"}
	darkTheme  = theme{page: "#0d1117", frame: "#161b22", text: "#e6edf3", detail: "#a3adb8", edge: "#8b949e"}
)

// writeStyle writes the style sheet of the picture for the states in use.
func writeStyle(w *bytes.Buffer, used []look) {
	w.WriteString(`<style>
.pawl{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
`)
	fmt.Fprintf(w, ".pawl .l{font-size:%dpx}.pawl .d,.pawl .e text{font-size:%dpx}\n", labelSize, detailSize)
	w.WriteString(`.pawl .g>.l{font-weight:600}
.pawl .n>rect{stroke-width:1.4}
.pawl .g>rect{stroke-width:1.2}
.pawl .s{fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.pawl .e path{fill:none;stroke-width:1.4}
.pawl .e .a{stroke:none}
.pawl .e.dash .p{stroke-dasharray:5 4}
.pawl .e text{text-anchor:middle}
`)
	lightTheme.write(w)
	for _, l := range used {
		l.write(w, l.light)
	}
	w.WriteString("@media (prefers-color-scheme:dark){\n")
	darkTheme.write(w)
	for _, l := range used {
		l.write(w, l.dark)
	}
	w.WriteString("}\n</style>\n")
}

func (t theme) write(w *bytes.Buffer) {
	fmt.Fprintf(w, ".pawl .page{fill:%s}.pawl .g>rect,.pawl .frame{fill:%s}\n", t.page, t.frame)
	fmt.Fprintf(w, ".pawl .l{fill:%s}.pawl .d,.pawl .e text{fill:%s}\n", t.text, t.detail)
	fmt.Fprintf(w, ".pawl .e .p{stroke:%s}.pawl .e .a{fill:%s}\n", t.edge, t.edge)
}

func (l look) write(w *bytes.Buffer, s shade) {
	fmt.Fprintf(w, ".pawl .n.%s>rect{fill:%s}.pawl .%s>rect,.pawl .%s>.s{stroke:%s}\n", l.state, s.fill, l.state, l.state, s.line)
}
