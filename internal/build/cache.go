package build

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
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
type Seal struct{ content []byte }

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
	ids := make([]*files.Identity, len(from.Inputs)) // nil for what is missing
	var unclear atomic.Bool
	files.IdentifyEach(from.Inputs, func(i int, id files.Identity, exists bool, err error) bool {
		if exists {
			ids[i] = &id
		}
		if err != nil || exists && !id.Settled(from.Began) {
			unclear.Store(true)
		}
		return !unclear.Load()
	})
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for i, id := range ids {
		b = appendText(b, from.Inputs[i])
		if id == nil {
			b = append(b, 0)
		} else {
			b = appendIdentity(append(b, 1), *id)
		}
	}
	return Seal{appendPaths(b, from.Paths)}, !unclear.Load()
}

// Write keeps the outline in a file, for as long as its origin stays the same.
func (o *Outline) Write(file string, from Seal) error {
	b := append(make([]byte, sumSize), from.content...)
	b = o.append(b)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[sumSize:], castagnoli()))
	return replace(file, b)
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
// still. One that is missing, damaged or older is none.
func ReadOutline(file string, options []string, lookup func(string) (string, bool)) (*Outline, bool) {
	text, err := readChecked(file)
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
	if !r.unchanged() || !r.leadsThere() {
		return nil, false
	}
	o := r.outline()
	return o, !r.bad && r.text == ""
}

// sumSize is how many bytes a checksum has, with which the file begins.
const sumSize = 4

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// readChecked returns what a file has behind its checksum, in one piece that is
// not copied again.
func readChecked(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	var head [sumSize]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return "", err
	}
	var text strings.Builder
	if info, err := f.Stat(); err == nil {
		text.Grow(int(info.Size()))
	}
	sum := crc32.New(castagnoli())
	if _, err := io.Copy(io.MultiWriter(&text, sum), f); err != nil {
		return "", err
	}
	if sum.Sum32() != binary.LittleEndian.Uint32(head[:]) {
		return "", errors.New("the checksum is wrong")
	}
	return text.String(), nil
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
	b = append(appendText(b, t.Name), t.Print[:]...)
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

// identitySize is how many bytes an identity has.
const identitySize = len(files.Identity{}) * 8

func appendIdentity(b []byte, id files.Identity) []byte {
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
	paths := make([]string, d.count())
	ids := make([]string, len(paths)) // "" for what is missing
	for i := range paths {
		paths[i] = d.string()
		if d.byte() == 1 {
			ids[i] = d.take(identitySize)
		}
	}
	if d.bad {
		return false
	}
	var changed atomic.Bool
	files.IdentifyEach(paths, func(i int, id files.Identity, exists bool, err error) bool {
		var now [identitySize]byte
		if err != nil || exists != (ids[i] != "") || exists && string(appendIdentity(now[:0], id)) != ids[i] {
			changed.Store(true)
			return false
		}
		return true
	})
	return !changed.Load()
}

// leadsThere reads paths and reports whether they lead where they did.
func (d *decoder) leadsThere() bool {
	followed, plain := d.strings(), d.strings()
	for len(followed) > 1 {
		if target, err := filepath.EvalSymlinks(followed[0]); err != nil || target != followed[1] {
			return false
		}
		followed = followed[2:]
	}
	return !d.bad && !slices.ContainsFunc(plain, func(folder string) bool {
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
	o := &Outline{Name: head[0], Root: head[1], File: head[2], ignoreCode: d.byte() == 1}
	o.tasks = make([]product.Task, d.count())
	upstream, products := make([]int, d.count()), make([]product.Product, d.count())
	for i := range o.tasks {
		t := &o.tasks[i]
		t.Name = d.string()
		copy(t.Print[:], d.take(len(t.Print)))
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
