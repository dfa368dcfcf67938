package build

import (
	"encoding/binary"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/files"
)

// Origin is what a pipeline was loaded from.
type Origin struct {
	// Options are all that was asked for, in any form.
	Options []string
	// Inputs are the files that were read or looked for.
	Inputs []string
	// Paths are the folders that counted, with what they lead to.
	Paths map[string]string
	// Variables are those of the environment that counted, by name; nil for those
	// that were not set.
	Variables map[string]*string
	// Began is when loading began.
	Began time.Time
}

// Seal is an origin as it was at a moment, by which it can be told later whether
// it is the same.
type Seal struct {
	content []byte
	inputs  []string
}

// Seal is to be called as soon as a pipeline is loaded. Where files may have
// changed since that began, it can't be told what they were, and ok is false.
func (from Origin) Seal() (s Seal, ok bool) {
	b := appendTexts(appendText(nil, program()), from.Options)
	b = binary.AppendUvarint(b, uint64(len(from.Variables)))
	for name, v := range from.Variables {
		b = appendText(b, name)
		if v == nil {
			b = append(b, 0)
		} else {
			b = appendText(append(b, 1), *v)
		}
	}
	ids := make([]string, len(from.Inputs))
	var unclear atomic.Bool
	files.IdentifyEach(from.Inputs, func(i int, id files.Identity, exists bool, err error) bool {
		if exists {
			ids[i] = textOf(id)
		}
		if err != nil || exists && !id.Settled(from.Began) {
			unclear.Store(true)
		}
		return !unclear.Load()
	})
	sealed := inputs{from.Inputs, ids}
	return Seal{appendPaths(sealed.append(b), from.Paths), from.Inputs}, !unclear.Load()
}

// Write keeps the outline in a file, for as long as its origin stays the same.
func (o *Outline) Write(file string, from Seal) error {
	content, sum := appendPart(nil, 0, o.append(slices.Clip(from.content)))
	content, _ = appendPart(content, sum, o.details.append(nil, from.inputs))
	return replace(file, content)
}

// appendPaths appends what paths lead to: those with symbolic links in them with
// their targets, and the folders that are none.
func appendPaths(b []byte, paths map[string]string) []byte {
	var followed []string
	plain := make(map[string]bool)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if target := paths[path]; target != path {
			followed = append(followed, path, target)
			continue
		}
		for dir := path; !plain[dir]; dir = filepath.Dir(dir) {
			plain[dir] = true
		}
	}
	return appendTexts(appendTexts(b, followed), slices.Sorted(maps.Keys(plain)))
}

// ReadOutline returns the outline that a file keeps, if that has the same origin
// still, but for the content of a few sources perhaps. One that is missing,
// damaged or older is none.
func ReadOutline(file string, options []string, lookup func(string) (string, bool)) (*Outline, bool) {
	f, err := os.Open(file)
	if err != nil {
		return nil, false
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, sum, err := readPart(f, 0)
	if err != nil {
		return nil, false
	}
	r := &decoder{text: text}
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
	from := origin{head: text[:len(text)-len(r.text)]}
	from.inputs, from.links = r.inputs(), r.links()
	if r.bad {
		return nil, false
	}
	var o *Outline
	var decoding sync.WaitGroup
	decoding.Go(func() { o = r.outline() }) // while files are looked at
	changed, ok := from.inputs.changed()
	ok = ok && from.links.leadThere()
	if decoding.Wait(); !ok || r.bad || r.text != "" {
		return nil, false
	}
	o.file, o.sum, o.end = file, sum, partHead+int64(len(text))
	o.from, o.changed = from, changed
	return o, true
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
	b = appendFlag(appendFlag(b, o.ignoreCode), o.strict)
	upstream, products := 0, 0
	for i := range o.tasks {
		upstream += len(o.tasks[i].Upstream)
		products += len(o.tasks[i].Products)
	}
	for _, n := range []int{len(o.tasks), upstream, products} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for i := range o.tasks {
		b = appendTask(b, i, &o.tasks[i])
	}
	return b
}

func appendTask(b []byte, place int, t *product.Task) []byte {
	b = append(append(appendText(b, t.Name), t.Print[:]...), t.Whole[:]...)
	b = binary.AppendUvarint(b, uint64(len(t.Upstream)))
	for _, u := range t.Upstream {
		b = binary.AppendVarint(b, int64(place-u))
	}
	b = binary.AppendUvarint(b, uint64(len(t.Products)))
	for k := range t.Products {
		b = appendText(b, t.Products[k].Name)
	}
	return b
}

// identitySize is how many bytes an identity has.
const identitySize = len(files.Identity{}) * 8

func textOf(id files.Identity) string { return string(appendIdentity(nil, id)) }

func appendIdentity(b []byte, id files.Identity) []byte {
	for _, n := range id {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// fewChanges is how many sources may have changed: to read many of them again
// takes as long as to load all.
const fewChanges = 100

// origin is a Seal as it was read.
type origin struct {
	head   string // what comes before the inputs, in binary form
	inputs inputs
	links  links
}

// inputs are files, and what they were: "" for what was missing.
type inputs struct{ paths, ids []string }

func (in *inputs) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(in.paths)))
	for i, path := range in.paths {
		b = appendFlag(appendText(b, path), in.ids[i] != "")
		b = append(b, in.ids[i]...)
	}
	return b
}

func (d *decoder) inputs() inputs {
	in := inputs{paths: make([]string, d.count())}
	in.ids = make([]string, len(in.paths))
	for i := range in.paths {
		in.paths[i] = d.string()
		if d.byte() == 1 {
			in.ids[i] = d.take(identitySize)
		}
	}
	return in
}

// changed returns the places of those inputs that are not what they were. It
// reports false where these are many, or not just files with another content.
func (in *inputs) changed() (places []int, ok bool) {
	var mu sync.Mutex
	ok = true
	files.IdentifyEach(in.paths, func(i int, id files.Identity, exists bool, err error) bool {
		var now [identitySize]byte
		was := in.ids[i]
		if err == nil && exists == (was != "") && (!exists || string(appendIdentity(now[:0], id)) == was) {
			return true
		}
		mu.Lock()
		defer mu.Unlock()
		places = append(places, i)
		ok = ok && err == nil && exists && was != "" && len(places) <= fewChanges && isRegular(in.paths[i])
		return ok
	})
	return places, ok
}

func isRegular(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// links are paths with symbolic links in them, each with its target, and folders
// that are none.
type links struct{ followed, plain []string }

func (d *decoder) links() links { return links{d.strings(), d.strings()} }

// leadThere reports whether paths lead where they did.
func (l *links) leadThere() bool {
	for i := 0; i+1 < len(l.followed); i += 2 {
		if target, err := filepath.EvalSymlinks(l.followed[i]); err != nil || target != l.followed[i+1] {
			return false
		}
	}
	return !slices.ContainsFunc(l.plain, func(folder string) bool {
		info, err := os.Lstat(folder)
		return err == nil && info.Mode()&fs.ModeSymlink != 0
	})
}

func (d *decoder) outline() *Outline {
	head := d.strings()
	if len(head) != 3 {
		d.bad = true
		return nil
	}
	o := &Outline{Name: head[0], Root: head[1], File: head[2], ignoreCode: d.byte() == 1, strict: d.byte() == 1}
	o.tasks = make([]product.Task, d.count())
	upstream, products := make([]int, d.count()), make([]product.Product, d.count())
	for i := range o.tasks {
		t := &o.tasks[i]
		t.Name = d.string()
		copy(t.Print[:], d.take(len(t.Print)))
		copy(t.Whole[:], d.take(len(t.Whole)))
		t.Upstream = part(d, &upstream)
		for u := range t.Upstream {
			t.Upstream[u] = i - d.signed() // a plan refuses those that are not there
		}
		t.Products = part(d, &products)
		for k := range t.Products {
			t.Products[k].Name = d.string()
		}
		if d.bad {
			return nil
		}
	}
	return o
}

// part takes as many of a list as the text says next.
func part[T any](d *decoder, list *[]T) []T {
	n := d.count()
	if n > len(*list) {
		d.bad = true
		return nil
	}
	taken := (*list)[:n:n]
	*list = (*list)[n:]
	return taken
}
