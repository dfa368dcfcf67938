package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/clients"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/source"
	"github.com/pawlhq/pawl/operator"
)

// Product is a product, and who leads to it.
type Product struct {
	python.Product
	// Client leads to it or, for a file, to copies of it; nil where nobody does.
	Client *python.Call
}

// file returns the path of a product that is a file, "" for others.
func (p *Product) file() string {
	if !p.IsFile() {
		return ""
	}
	return p.Path
}

// String returns the product as it reads in a sentence.
func (p *Product) String() string {
	switch {
	case p.Path != "":
		return p.Path
	case p.Schema != "":
		return p.Schema + "." + p.Name
	}
	return p.Name
}

// Found is what is there of products.
type Found struct {
	products [][]Product
	records  map[place]product.Record // of those that are no files
	damaged  map[place]error
	copies   map[place]clients.Copy // of files
}

type place struct{ task, product int }

// Look fills in what is there of the products of tasks, which have none yet: the
// products of each are given. Without a catalog, all have to be files.
func Look(ctx context.Context, catalog Catalog, memo *files.Memo, tasks []product.Task, products [][]Product, now time.Time) (*Found, error) {
	f := &Found{products: products}
	for i := range tasks {
		tasks[i].Products = make([]product.Product, len(products[i]))
		for k := range products[i] {
			tasks[i].Products[k].Name = products[i][k].String()
		}
	}
	err := memo.Look(tasks, now, func(task, k int) string { return products[task][k].file() })
	if err != nil {
		return nil, err
	}
	if err := f.lookInCatalog(ctx, catalog, tasks); err != nil {
		return nil, err
	}
	return f, f.lookForCopies(ctx, catalog, tasks)
}

// lookForCopies looks for copies of files that clients keep elsewhere, in each
// place for all at once.
func (f *Found) lookForCopies(ctx context.Context, catalog Catalog, tasks []product.Task) error {
	type group struct {
		paths  []string
		places []place
	}
	groups := make(map[*clients.Storage]*group)
	for i, list := range f.products {
		for k := range list {
			p := &list[k]
			if p.file() == "" || p.Client == nil {
				continue
			}
			s, err := catalog.Storage(ctx, p.Client)
			if err != nil {
				return err
			}
			g := groups[s]
			if g == nil {
				g = &group{}
				groups[s] = g
			}
			g.paths, g.places = append(g.paths, p.Path), append(g.places, place{i, k})
		}
	}
	f.copies = make(map[place]clients.Copy)
	for s, g := range groups {
		copies, err := s.Look(ctx, g.paths)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		for n, c := range copies {
			at := g.places[n]
			f.copies[at] = c
			tasks[at.task].Products[at.product].Remote = c.Stamp
		}
	}
	return nil
}

func (f *Found) lookInCatalog(ctx context.Context, catalog Catalog, tasks []product.Task) error {
	var relations []python.Relation
	var places []place
	for i, list := range f.products {
		for k := range list {
			if p := &list[k]; p.file() == "" {
				relations = append(relations, python.Relation{Product: p.Product, Client: p.Client})
				places = append(places, place{i, k})
			}
		}
	}
	if len(relations) == 0 {
		return nil
	}
	if catalog == nil {
		return fmt.Errorf("nobody answers for %s, which is no file", f.products[places[0].task][places[0].product].String())
	}
	f.records, f.damaged = make(map[place]product.Record), make(map[place]error)
	exist, err := catalog.Products(ctx, python.Exists, relations)
	if err != nil {
		return err
	}
	stored, err := catalog.Products(ctx, python.Fetch, relations)
	if err != nil {
		return err
	}
	for n, at := range places {
		p := &tasks[at.task].Products[at.product]
		if exist[n].Err != nil {
			return fmt.Errorf("%s: %w", p.Name, exist[n].Err)
		}
		p.Exists = exist[n].Exists
		switch {
		case stored[n].Err != nil:
			f.damaged[at], p.Local.State = stored[n].Err, product.Damaged
		case stored[n].HasMetadata:
			r, err := product.ParseRecord(params.AppendJSON(nil, stored[n].Metadata))
			if err != nil {
				f.damaged[at], p.Local.State = err, product.Damaged
				continue
			}
			f.records[at], p.Local = r, product.StampOf(r)
		}
	}
	return nil
}

// Options returns o with what a plan needs to compare sources and to read
// records.
func (f *Found) Options(o product.Options) product.Options {
	o.Same, o.FirstDifference, o.Load = source.Same, source.FirstDifference, f.load
	return o
}

func (f *Found) load(task, k int, remote bool) (product.Record, error) {
	if remote {
		c := f.copies[place{task, k}]
		return c.Record, c.Err
	}
	if path := f.products[task][k].file(); path != "" {
		return files.Read(path)
	}
	at := place{task, k}
	return f.records[at], f.damaged[at]
}

// dated gives files that nobody keeps a record of the time of their last change.
func dated(found []product.Product, products []Product) error {
	for i := range found {
		path := products[i].file()
		if path == "" || !found[i].Exists || found[i].Local.State != product.Absent {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		found[i].Local = product.Stamp{State: product.Stored, Timed: true, Time: product.Timestamp(info.ModTime())}
	}
	return nil
}

func (m *making) needsCatalog() bool {
	for _, list := range append([]need{{products: m.products}}, m.needs...) {
		for k := range list.products {
			if list.products[k].file() == "" || list.products[k].Client != nil {
				return true
			}
		}
	}
	return false
}

// split returns the paths of the files and the others.
func (m *making) split() (paths []string, relations []python.Relation) {
	for k := range m.products {
		if path := m.products[k].file(); path != "" {
			paths = append(paths, path)
		} else {
			relations = append(relations, python.Relation{Product: m.products[k].Product, Client: m.products[k].Client})
		}
	}
	return paths, relations
}

// locks names what nobody else may make meanwhile: files by their paths, other
// products by paths that no file has.
func (m *making) locks() []string {
	names := make([]string, len(m.products))
	for k := range m.products {
		p := &m.products[k]
		if names[k] = p.file(); names[k] != "" {
			continue
		}
		root := m.root // tells apart whose clients have the same name
		if m.moved {
			root = string(filepath.Separator)
		}
		client := ""
		if p.Client != nil {
			client = p.Client.Path
		}
		names[k] = filepath.Join(root, "\x00"+p.Class+"\x00"+client+"\x00"+p.String())
	}
	return names
}

// begin marks the products as being made, so that they count as outdated until
// they are committed.
func (m *making) begin(ctx context.Context, catalog Catalog) error {
	paths, relations := m.split()
	if err := files.Begin(paths...); err != nil {
		return err
	}
	if len(relations) == 0 {
		return nil
	}
	states, err := catalog.Products(ctx, python.Fetch, relations)
	if err != nil {
		return err
	}
	mark, err := mapOf(product.Record{Unfinished: true})
	if err != nil {
		return err
	}
	var stale []python.Relation
	for n, s := range states {
		if s.HasMetadata {
			relations[n].Metadata = mark
			stale = append(stale, relations[n])
		}
	}
	return save(ctx, catalog, stale)
}

// commit stores what the products were made of, once they are all there. What a
// product's own code has made of the record takes the place of that.
func (m *making) commit(ctx context.Context, catalog Catalog, t *operator.Task, own params.Map) error {
	if err := m.exist(ctx, catalog); err != nil {
		return err
	}
	paths, relations := m.split()
	records := make([]product.Record, len(paths))
	for i := range records {
		records[i] = m.record(t, own)
	}
	if err := files.Commit(paths, records); err != nil {
		return err
	}
	for i := range relations {
		var err error
		if relations[i].Metadata, err = mapOf(m.record(t, own)); err != nil {
			return err
		}
	}
	return save(ctx, catalog, relations)
}

// upload copies the files to where their client keeps copies. If that fails they
// count as outdated, because who needs them there would miss them.
func (m *making) upload(ctx context.Context, catalog Catalog) error {
	for k := range m.products {
		p := &m.products[k]
		if p.file() == "" || p.Client == nil {
			continue
		}
		s, err := catalog.Storage(ctx, p.Client)
		if err == nil {
			err = s.Upload(ctx, p.Path)
		}
		if err != nil {
			paths, _ := m.split()
			return errors.Join(fmt.Errorf("copy %s: %w", p.Path, err), files.Begin(paths...))
		}
	}
	return nil
}

// bring fetches what the products are made of that has copies and is not here.
func (m *making) bring(ctx context.Context, catalog Catalog) error {
	for _, n := range m.needs {
		for k := range n.products {
			p := &n.products[k]
			if p.file() == "" || p.Client == nil {
				continue
			}
			if _, err := os.Stat(p.Path); !errors.Is(err, fs.ErrNotExist) {
				continue // what is wrong with it, the task finds out
			}
			s, err := catalog.Storage(ctx, p.Client)
			if err == nil {
				_, err = s.Fetch(ctx, p.Path)
			}
			if err != nil {
				return fmt.Errorf("fetch %s of %s: %w", p.Path, n.name, err)
			}
		}
	}
	return nil
}

// standIn lets copies stand for what is not here.
func standIn(found []product.Product) {
	for i := range found {
		if p := &found[i]; !p.Exists && p.Remote.State != product.Absent {
			p.Exists, p.Local = true, p.Remote
		}
	}
}

// fetch brings the copies of the files here that are wanted.
func (m *making) fetch(ctx context.Context, catalog Catalog) error {
	for k := range m.products {
		p := &m.products[k]
		if p.file() == "" || p.Client == nil || !slices.Contains(m.fetches, p.Path) {
			continue
		}
		s, err := catalog.Storage(ctx, p.Client)
		if err == nil {
			_, err = s.Fetch(ctx, p.Path)
		}
		if err != nil {
			return fmt.Errorf("fetch %s: %w", p.Path, err)
		}
	}
	return nil
}

func (m *making) record(t *operator.Task, own params.Map) product.Record {
	r := product.NewRecord(product.Timestamp(t.Now()), m.code, m.params)
	r.Imports, r.MadeOf = m.imports, &m.madeOf
	for key, v := range own.All() {
		if !product.Reserved(key) {
			r.Extra = r.Extra.Set(key, v)
		}
	}
	return r
}

// recordOnly begins the names of classes whose products are there if there is a
// record of them.
const recordOnly = "Generic"

// exist makes sure that a task has made all that it should.
func (m *making) exist(ctx context.Context, catalog Catalog) error {
	paths, relations := m.split()
	if err := files.Made(paths...); err != nil || len(relations) == 0 {
		return err
	}
	states, err := catalog.Products(ctx, python.Exists, relations)
	if err != nil {
		return err
	}
	var missing []string
	for n, s := range states {
		if s.Err != nil {
			return s.Err
		}
		if !s.Exists && !strings.HasPrefix(relations[n].Product.Class, recordOnly) {
			p := Product{Product: relations[n].Product}
			missing = append(missing, p.String())
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the task ended well, but did not make %s", strings.Join(missing, ", "))
	}
	return nil
}

func save(ctx context.Context, catalog Catalog, relations []python.Relation) error {
	if len(relations) == 0 {
		return nil
	}
	states, err := catalog.Products(ctx, python.Save, relations)
	if err != nil {
		return err
	}
	for n, s := range states {
		if s.Err != nil {
			p := Product{Product: relations[n].Product}
			return fmt.Errorf("store the record of %s: %w", p.String(), s.Err)
		}
	}
	return nil
}

// mapOf returns a record as a map.
func mapOf(r product.Record) (params.Map, error) {
	v, err := product.ParseJSON(product.AppendRecord(nil, r))
	m, _ := v.(params.Map)
	return m, err
}
