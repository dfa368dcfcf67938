package pipeline

import (
	"crypto/md5" // metadata keeps MD5 digests
	"encoding/hex"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// resourcesKey is the param whose files count by their content.
const resourcesKey = "resources_"

// largeResource is the size from which on a resource slows loading down.
const largeResource = 1_000_000

// isOwnParam tells the params that tasks get without being asked.
func isOwnParam(key string) bool { return key == "upstream" || key == "product" }

// paramsBuilder collects the params of a task.
type paramsBuilder struct {
	loader    *loader
	kv        []any
	typed     []Typed
	resources []Resource
}

// add adds a param as it is written.
func (b *paramsBuilder) add(e document.Entry) {
	l := b.loader
	switch {
	case isOwnParam(e.Key):
		l.fail(e.Errorf("a param can't be called %q: tasks get it by themselves", e.Key))
		return
	case e.Key == resourcesKey:
		b.addResources(e)
		return
	}
	n := e.Value
	if call := l.computed(n); call != nil && !l.described {
		var ok bool
		if n, ok = l.result(n, call); !ok {
			return
		}
	}
	b.set(e.Key, n)
}

// set adds a param whose value is known.
func (b *paramsBuilder) set(key string, n *document.Node) {
	v, typed := b.loader.typedValue(n, []string{key})
	b.typed = append(b.typed, typed...)
	b.kv = append(b.kv, key, v)
}

func (b *paramsBuilder) finish(t *Task) {
	t.Params = params.Of(b.kv...)
	t.Typed, t.Resources = b.typed, b.resources
}

func (b *paramsBuilder) addResources(e document.Entry) {
	l := b.loader
	var kv []any
	for _, r := range l.mapping(e.Value, resourcesKey) {
		text, ok := l.text(r.Value, "a resource")
		if !ok {
			continue
		}
		path := l.files.resolve(join(l.pipeline.Root, text))
		if !l.files.isFile(path) {
			l.fail(r.Value.Errorf("there is no file %q", path).Hint("%s", l.similar(path)))
			continue
		}
		content, err := l.files.read(path)
		if err != nil {
			l.fail(r.Value.Errorf("read %s: %v", path, err))
			continue
		}
		if len(content) > largeResource {
			l.warn(r.Value.Errorf("%s has %.1f MB, which are read each time", path, float64(len(content))/1e6))
		}
		digest := md5.Sum([]byte(content))
		b.resources = append(b.resources, Resource{Name: r.Key, Path: path, Digest: hex.EncodeToString(digest[:])})
		kv = append(kv, r.Key, path)
	}
	b.kv = append(b.kv, e.Key, params.Of(kv...))
}
