package expr

import (
	"encoding/json"
	"slices"

	"github.com/dop251/goja"

	"github.com/pawlhq/pawl/internal/params"
)

// parameters is the object whose properties are the names in an expression. A
// parameter is converted when it is first read; assignments stay in here.
type parameters struct {
	m     *machine
	scope scope
	known map[string]goja.Value // nil: deleted
	added []string
}

func (p *parameters) Get(name string) goja.Value {
	if v, ok := p.known[name]; ok {
		return v
	}
	v, ok := p.scope.get(name)
	if !ok {
		return nil
	}
	converted := p.m.fromParam(v)
	p.put(name, converted)
	return converted
}

func (p *parameters) put(name string, v goja.Value) {
	if p.known == nil {
		p.known = make(map[string]goja.Value)
	}
	p.known[name] = v
}

func (p *parameters) Has(name string) bool {
	if v, ok := p.known[name]; ok {
		return v != nil
	}
	_, ok := p.scope.get(name)
	return ok
}

func (p *parameters) Set(name string, v goja.Value) bool {
	if _, ok := p.scope.get(name); !ok && !slices.Contains(p.added, name) {
		p.added = append(p.added, name)
	}
	p.put(name, v)
	return true
}

func (p *parameters) Delete(name string) bool {
	p.put(name, nil)
	return true
}

func (p *parameters) Keys() []string {
	names := slices.AppendSeq(slices.Clone(p.added[:0]), p.scope.names())
	names = append(names, p.added...)
	return slices.DeleteFunc(names, func(name string) bool { return !p.Has(name) })
}

// fromParam converts a parameter. Objects are made anew, so that expressions
// may change them.
func (m *machine) fromParam(v params.Value) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Null()
	case json.Number:
		n, _ := number(v)
		return m.vm.ToValue(n)
	case []params.Value:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = m.fromParam(e)
		}
		return m.vm.NewArray(list...)
	case params.Map:
		o := m.vm.NewObject()
		for name, e := range v.All() {
			// A plain assignment to __proto__ would not make a property.
			err := o.DefineDataProperty(name, m.fromParam(e), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
			if err != nil {
				m.throw(err)
			}
		}
		return o
	}
	return m.vm.ToValue(v)
}
