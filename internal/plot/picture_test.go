package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/plot"
)

// drawing is what a viewer sees of a picture.
type drawing struct {
	page  rect
	boxes map[string]rect // by node
	hover map[string]string
	texts map[string][]string
	edges []drawnEdge
}

type rect struct{ x, y, w, h int }

func (r rect) overlaps(s rect) bool {
	return r.x < s.x+s.w && s.x < r.x+r.w && r.y < s.y+s.h && s.y < r.y+r.h
}

// near reports whether r and s are less than gap apart.
func (r rect) near(s rect, gap int) bool {
	return rect{r.x - gap, r.y - gap, r.w + 2*gap, r.h + 2*gap}.overlaps(s)
}

// encloses reports whether s is inside r and off its edges.
func (r rect) encloses(s rect, off int) bool {
	return r.x+off <= s.x && r.y+off <= s.y && s.x+s.w+off <= r.x+r.w && s.y+s.h+off <= r.y+r.h
}

type drawnEdge struct {
	from, to string
	label    string
	path     []place // samples along the line, then the tip of the arrow
}

type place struct{ x, y float64 }

func (e drawnEdge) tip() place { return e.path[len(e.path)-1] }

// svg draws g and reads the picture back.
func svg(t rapid.TB, g plot.Graph) drawing {
	t.Helper()
	var b bytes.Buffer
	if err := plot.SVG(&b, g); err != nil {
		t.Fatalf("SVG: %v", err)
	}
	d, err := read(b.Bytes())
	if err != nil {
		t.Fatalf("picture does not read back: %v\n%s", err, b.Bytes())
	}
	return d
}

// group is an element <g> of a picture.
type group struct {
	Class string  `xml:"class,attr"`
	ID    *string `xml:"data-id,attr"`
	From  string  `xml:"data-from,attr"`
	To    string  `xml:"data-to,attr"`
	Title string  `xml:"title"`
	Rect  struct {
		X int `xml:"x,attr"`
		Y int `xml:"y,attr"`
		W int `xml:"width,attr"`
		H int `xml:"height,attr"`
	} `xml:"rect"`
	Paths []struct {
		Class string `xml:"class,attr"`
		D     string `xml:"d,attr"`
	} `xml:"path"`
	Texts []string `xml:"text"`
}

func read(data []byte) (drawing, error) {
	var doc struct {
		W      int     `xml:"width,attr"`
		H      int     `xml:"height,attr"`
		Groups []group `xml:"g"`
	}
	strict := xml.NewDecoder(bytes.NewReader(data))
	if err := strict.Decode(&doc); err != nil {
		return drawing{}, err
	}
	if _, err := strict.Token(); !errors.Is(err, io.EOF) && err != nil {
		return drawing{}, err
	}
	d := drawing{
		page:  rect{0, 0, doc.W, doc.H},
		boxes: make(map[string]rect),
		hover: make(map[string]string),
		texts: make(map[string][]string),
	}
	for _, g := range doc.Groups {
		if g.ID != nil {
			if _, twice := d.boxes[*g.ID]; twice {
				return drawing{}, fmt.Errorf("node %q is drawn twice", *g.ID)
			}
			d.boxes[*g.ID] = rect{g.Rect.X, g.Rect.Y, g.Rect.W, g.Rect.H}
			d.hover[*g.ID] = g.Title
			d.texts[*g.ID] = g.Texts
			continue
		}
		e := drawnEdge{from: g.From, to: g.To, label: strings.Join(g.Texts, "")}
		for _, p := range g.Paths {
			points, err := follow(p.D)
			if err != nil {
				return drawing{}, err
			}
			if p.Class == "a" {
				points = points[:1]
			}
			e.path = append(e.path, points...)
		}
		d.edges = append(d.edges, e)
	}
	return d, nil
}

// follow returns places along the path d of a picture.
func follow(d string) ([]place, error) {
	var at []place
	rest := d
	for rest != "" {
		command := rest[0]
		end := strings.IndexAny(rest[1:], "MVCclhvz") + 1
		if end == 0 {
			end = len(rest)
		}
		var n []float64
		for _, field := range strings.Fields(rest[1:end]) {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, fmt.Errorf("path %q: %w", d, err)
			}
			n = append(n, v)
		}
		rest = rest[end:]
		switch command {
		case 'M':
			at = append(at, place{n[0], n[1]})
		case 'V':
			at = append(at, place{at[len(at)-1].x, n[0]})
		case 'C':
			from := at[len(at)-1]
			for i := 1; i <= 16; i++ {
				s := float64(i) / 16
				r := 1 - s
				at = append(at, place{
					r*r*r*from.x + 3*r*r*s*n[0] + 3*r*s*s*n[2] + s*s*s*n[4],
					r*r*r*from.y + 3*r*r*s*n[1] + 3*r*s*s*n[3] + s*s*s*n[5],
				})
			}
		}
	}
	return at, nil
}
