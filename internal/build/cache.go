package build

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/python"
)

// Outline is what of a pipeline is enough to see that all of it is up to date.
// It is kept in a file, because reading that takes a small part of the time that
// loading a pipeline does.
type Outline struct {
	// Name and Root are those of the pipeline.
	Name, Root string
	// File is the definition; empty where there is none.
	File string

	ignoreCode bool
	tasks      []product.Task // with prints, and without sources and parameters
	products   [][]keeper.Product
}

// OutlineOf returns the outline of a pipeline. Not all have one: where something
// has to be asked or called each time, ok is false.
func OutlineOf(p *pipeline.Pipeline) (o *Outline, ok bool) {
	if p.Volatile || p.OnRender != nil || p.OnFinish != nil || len(p.Warnings) > 0 {
		return nil, false
	}
	tasks, products := tasksOf(p)
	var buf []byte
	for i := range tasks {
		t := &tasks[i]
		if p.Tasks[i].OnRender != nil || slices.ContainsFunc(products[i], func(p keeper.Product) bool { return p.Class != fileClass }) {
			return nil, false
		}
		t.Print, buf = product.AppendPrint(buf, t.Code, t.Imports, t.Params)
		*t = product.Task{Name: t.Name, Upstream: t.Upstream, Print: t.Print}
	}
	return &Outline{Name: p.Name, Root: p.Root, File: p.File, ignoreCode: !p.Config.OutdatedByCode, tasks: tasks, products: products}, true
}

// Names returns the names of the tasks.
func (o *Outline) Names() []string {
	names := make([]string, len(o.tasks))
	for i := range names {
		names[i] = o.tasks[i].Name
	}
	return names
}

// errUnknown says that an outline is not enough.
var errUnknown = errors.New("the outline does not tell")

// UpToDate reports whether all products are. Where it reports false, the
// pipeline has to be loaded to know more.
func (o *Outline) UpToDate(memoFile string, now time.Time) (bool, error) {
	memo, err := files.OpenMemo(memoFile)
	if err != nil {
		return false, err
	}
	for i := range o.tasks {
		o.tasks[i].Products = make([]product.Product, len(o.products[i]))
	}
	err = memo.Look(o.tasks, now, func(task, k int) string { return o.products[task][k].Path })
	if err != nil {
		return false, err
	}
	plan, err := product.NewPlan(o.tasks, product.Options{
		IgnoreCode: o.ignoreCode,
		Load:       func(int, int, bool) (product.Record, error) { return product.Record{}, errUnknown },
	})
	if err != nil {
		return false, err
	}
	for _, v := range plan.Decide() {
		if v.Action != product.Skip {
			return false, nil
		}
	}
	return true, nil
}

// Origin is what an outline was made of.
type Origin struct {
	// Options are all that was asked for, in any form.
	Options []string
	// Inputs are the files that were read or looked for.
	Inputs []string
	// Variables are those of the environment that counted, by name; nil for those
	// that were not set.
	Variables map[string]*string
}

// Write keeps the outline in a file, for as long as its origin stays the same.
// Where that can't be told, because a file has just changed, nothing is kept.
func (o *Outline) Write(file string, from Origin, now time.Time) error {
	b := binary.LittleEndian.AppendUint32(nil, 0) // the checksum, later
	b = appendText(b, program())
	b = appendTexts(b, from.Options)
	b = binary.AppendUvarint(b, uint64(len(from.Variables)))
	for name, v := range from.Variables {
		b = appendText(b, name)
		if v == nil {
			b = append(b, 0)
		} else {
			b = appendText(append(b, 1), *v)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(from.Inputs)))
	for _, path := range from.Inputs {
		id, exists, err := files.Identify(path)
		if err != nil || exists && !id.Settled(now) {
			return nil //nolint:nilerr // what can't be looked at is looked at anew
		}
		b = appendIdentity(appendText(b, path), id, exists)
	}
	b = o.append(b)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:], crc32.MakeTable(crc32.Castagnoli)))
	return replace(file, b)
}

// ReadOutline returns the outline that a file keeps, if that has the same origin
// still. One that is missing, damaged or older is none.
func ReadOutline(file string, options []string, lookup func(string) (string, bool)) (*Outline, bool) {
	b, err := os.ReadFile(file)
	if err != nil || len(b) < 4 || binary.LittleEndian.Uint32(b) != crc32.Checksum(b[4:], crc32.MakeTable(crc32.Castagnoli)) {
		return nil, false
	}
	r := &decoder{text: string(b[4:])}
	if r.string() != program() || !slices.Equal(r.strings(), options) {
		return nil, false
	}
	for range r.count() {
		name := r.string()
		v, set := lookup(name)
		if was := r.byte() == 1; was != set || was && r.string() != v {
			return nil, false
		}
	}
	if !r.unchanged() {
		return nil, false
	}
	o := r.outline()
	return o, !r.bad && r.text == ""
}

// program tells builds of this program apart: others may read pipelines in
// another way.
var program = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	version := info.Main.Version + " " + runtime.Version()
	for _, s := range info.Settings {
		version += " " + s.Value
	}
	if path, err := os.Executable(); err == nil {
		if id, exists, err := files.Identify(path); err == nil && exists {
			version += " " + strconv.FormatInt(id[1], 10) + " " + strconv.FormatInt(id[2], 10)
		}
	}
	return version
})

func (o *Outline) append(b []byte) []byte {
	b = appendTexts(b, []string{o.Name, o.Root, o.File})
	flag := byte(0)
	if o.ignoreCode {
		flag = 1
	}
	b = append(b, flag)
	b = binary.AppendUvarint(b, uint64(len(o.tasks)))
	for i := range o.tasks {
		t := &o.tasks[i]
		b = append(appendText(b, t.Name), t.Print[:]...)
		b = binary.AppendUvarint(b, uint64(len(t.Upstream)))
		for _, u := range t.Upstream {
			b = binary.AppendVarint(b, int64(i-u))
		}
		b = binary.AppendUvarint(b, uint64(len(o.products[i])))
		for k := range o.products[i] {
			b = appendText(b, o.products[i][k].Path)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

func appendIdentity(b []byte, id files.Identity, exists bool) []byte {
	if !exists {
		return append(b, 0)
	}
	b = append(b, 1)
	for _, n := range id {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// decoder reads an outline. What it returns shares the memory of the whole.
type decoder struct {
	text string
	bad  bool
}

func (d *decoder) count() int {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		c := d.byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	if n > uint64(len(d.text)) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) signed() int {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		c := d.byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return int(int64(n>>1) ^ -int64(n&1))
}

func (d *decoder) byte() byte {
	if d.text == "" {
		d.bad = true
		return 0
	}
	c := d.text[0]
	d.text = d.text[1:]
	return c
}

func (d *decoder) take(n int) string {
	if n > len(d.text) {
		d.bad = true
		return ""
	}
	s := d.text[:n]
	d.text = d.text[n:]
	return s
}

func (d *decoder) string() string { return d.take(d.count()) }

func (d *decoder) strings() []string {
	list := make([]string, d.count())
	for i := range list {
		list[i] = d.string()
	}
	return list
}

// unchanged reads the inputs and reports whether all of them are what they were.
func (d *decoder) unchanged() bool {
	type input struct {
		path, id string
		exists   bool
	}
	inputs := make([]input, d.count())
	for i := range inputs {
		in := &inputs[i]
		in.path, in.exists = d.string(), d.byte() == 1
		if in.exists {
			in.id = d.take(4 * 8)
		}
	}
	if d.bad {
		return false
	}
	var next atomic.Int64
	var changed atomic.Bool
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(inputs)/64+1) {
		workers.Go(func() {
			for !changed.Load() {
				i := int(next.Add(1)) - 1
				if i >= len(inputs) {
					return
				}
				id, exists, err := files.Identify(inputs[i].path)
				if err != nil || exists != inputs[i].exists || exists && string(appendIdentity(nil, id, true)[1:]) != inputs[i].id {
					changed.Store(true)
				}
			}
		})
	}
	workers.Wait()
	return !changed.Load()
}

func (d *decoder) outline() *Outline {
	head := d.strings()
	if len(head) != 3 {
		d.bad = true
		return nil
	}
	o := &Outline{Name: head[0], Root: head[1], File: head[2], ignoreCode: d.byte() == 1}
	n := d.count()
	o.tasks, o.products = make([]product.Task, n), make([][]keeper.Product, n)
	for i := range o.tasks {
		t := &o.tasks[i]
		t.Name = d.string()
		copy(t.Print[:], d.take(len(t.Print)))
		if up := d.count(); up > 0 {
			t.Upstream = make([]int, up)
		}
		for u := range t.Upstream {
			t.Upstream[u] = i - d.signed()
			if t.Upstream[u] < 0 || t.Upstream[u] >= n {
				d.bad = true
				return nil
			}
		}
		list := make([]keeper.Product, d.count())
		for k := range list {
			list[k].Product = python.Product{Class: fileClass, Path: d.string()}
		}
		o.products[i] = list
		if d.bad {
			return nil
		}
	}
	return o
}

// replace gives a file other content at once.
func replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".part-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
