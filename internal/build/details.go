package build

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
)

// details are what it takes to read tasks of an outline again. They come after it
// in its file, and are read only where something has changed.
type details struct {
	notes pipeline.Notes
	// tasks are those of the outline, with what notes ask for.
	tasks []*pipeline.Task
	// readers are those of notes, by the places of inputs; nil for an input that
	// decided something else than the sources of tasks.
	readers [][]int
}

func (d *details) append(b []byte, inputs []string) []byte {
	n := &d.notes
	b = appendTexts(b, []string{n.Dir, n.Root, n.Settings})
	b = binary.AppendUvarint(b, uint64(len(n.Drafts)))
	for _, one := range n.Drafts {
		if one.Base == n.Root { // as nearly all are
			one.Base = ""
		}
		b = binary.AppendVarint(appendText(appendText(b, one.Definition), one.Base), int64(one.Tasks))
	}
	for _, t := range d.tasks {
		b = appendKeys(b, t)
	}
	for _, path := range inputs {
		b = binary.AppendUvarint(b, uint64(len(n.Readers[path])))
		before := 0
		for _, r := range n.Readers[path] {
			b = binary.AppendVarint(b, int64(r-before))
			before = r
		}
	}
	return b
}

func appendKeys(b []byte, t *pipeline.Task) []byte {
	if !t.Keyed {
		return append(b, 0)
	}
	b = append(b, 1)
	for _, p := range t.Products {
		b = appendText(b, p.Key)
	}
	return b
}

// tasksOf returns the places of the tasks that drafts make.
func (d *details) tasksOf(drafts []int) (places []int) {
	first := 0
	for i, one := range d.notes.Drafts {
		if len(drafts) > 0 && drafts[0] == i {
			for at := first; at < first+one.Tasks; at++ {
				places = append(places, at)
			}
			drafts = drafts[1:]
		}
		first += one.Tasks
	}
	return places
}

// draftsOf returns the drafts that make tasks.
func (d *details) draftsOf(tasks []int) (drafts []int) {
	slices.Sort(tasks)
	first := 0
	for i, one := range d.notes.Drafts {
		n, _ := slices.BinarySearch(tasks, first+one.Tasks)
		if n > 0 {
			drafts = append(drafts, i)
		}
		tasks, first = tasks[n:], first+one.Tasks
	}
	return drafts
}

// readDetails reads the details of an outline that was read.
func (o *Outline) readDetails() error {
	f, err := os.Open(o.file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if _, err := f.Seek(o.end, io.SeekStart); err != nil {
		return err
	}
	text, _, err := readPart(f, o.sum) // which has another sum if the file was replaced
	if err != nil {
		return err
	}
	r := &decoder{text: text}
	r.details(o)
	if r.bad || r.text != "" {
		return errors.New("the details are damaged")
	}
	return nil
}

func (d *decoder) details(o *Outline) {
	head := d.strings()
	if len(head) != 3 {
		d.bad = true
		return
	}
	n := &o.details.notes
	n.Dir, n.Root, n.Settings = head[0], head[1], head[2]
	n.Drafts = make([]pipeline.Draft, d.count())
	for i := range n.Drafts {
		one := pipeline.Draft{Definition: d.string(), Base: d.string(), Tasks: d.signed()}
		if one.Base == "" {
			one.Base = n.Root
		}
		n.Drafts[i] = one
	}
	o.details.tasks = make([]*pipeline.Task, len(o.tasks))
	list, products := make([]pipeline.Task, len(o.tasks)), make([]pipeline.Product, 0, len(o.tasks))
	for i := range list {
		t := &list[i]
		o.details.tasks[i] = t
		t.Name, t.Keyed = o.tasks[i].Name, d.byte() == 1
		first := len(products)
		for _, p := range o.tasks[i].Products {
			one := pipeline.Product{Class: python.FileClass, Path: p.Name}
			if t.Keyed {
				one.Key = d.string()
			}
			products = append(products, one)
		}
		t.Products = products[first:len(products):len(products)]
	}
	o.details.readers = make([][]int, len(o.from.inputs.paths))
	for i := range o.details.readers {
		o.details.readers[i] = d.ascending()
	}
}

// ascending reads a list of numbers of which each is greater than the one before.
func (d *decoder) ascending() []int {
	n := d.count()
	if n == 0 {
		return nil
	}
	list := make([]int, n)
	before := 0
	for i := range list {
		before += d.signed()
		list[i] = before
	}
	return list
}
