package dig

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"runtime"
	"slices"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
	"golang.org/x/sync/errgroup"
)

// entry is a compiled project in the cache. Its file is a checksum of what
// follows, a head in the binary form of parameters, and the parts of each
// workflow in their binary form, each with its length before it.
type entry struct {
	key     [sha256.Size]byte
	inputs  []Input // read back, they have only names
	project *Project
}

var errEntry = errors.New("cache entry is damaged")

func (e entry) encode() []byte {
	var inputs, warnings []any
	for _, in := range e.inputs {
		inputs = append(inputs, in.Name)
	}
	for _, w := range e.project.Warnings {
		warnings = append(warnings, params.Of(
			"file", w.File, "line", w.Line, "column", w.Column,
			"message", w.Message, "hints", w.Hints, "source", w.Source,
		))
	}
	head := params.Of("key", string(e.key[:]), "inputs", inputs, "warnings", warnings)
	b := params.AppendBinary(make([]byte, crc32.Size), head)
	for _, w := range e.project.Workflows {
		for _, part := range parts(w) {
			one := part.AppendBinary(nil)
			b = append(binary.AppendUvarint(b, uint64(len(one))), one...)
		}
	}
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[crc32.Size:]))
	return b
}

// decodeEntry reads an entry but for its workflows, which are in the payload.
func decodeEntry(b []byte) (e entry, payload []byte, err error) {
	if len(b) < crc32.Size || binary.LittleEndian.Uint32(b) != crc32.ChecksumIEEE(b[crc32.Size:]) {
		return e, nil, errEntry
	}
	v, payload, err := params.DecodeBinary(b[crc32.Size:])
	if err != nil {
		return e, nil, err
	}
	head, _ := v.(params.Map)
	key, err := head.String("key")
	if err != nil || copy(e.key[:], key) != len(e.key) {
		return e, nil, errEntry
	}
	inputs, err := head.List("inputs")
	if err != nil {
		return e, nil, err
	}
	for _, in := range inputs {
		name, _ := params.ToString(in)
		e.inputs = append(e.inputs, Input{Name: name})
	}
	e.project = &Project{}
	warnings, err := head.List("warnings")
	for _, w := range warnings {
		m, _ := w.(params.Map)
		e.project.Warnings = append(e.project.Warnings, decodeWarning(m))
	}
	return e, payload, err
}

func decodeWarning(m params.Map) *document.Error {
	text := func(key string) string { s, _ := m.StringOr(key, ""); return s }
	number := func(key string) int { i, _ := m.IntOr(key, 0); return int(i) }
	w := &document.Error{
		Pos:     document.Pos{File: text("file"), Line: number("line"), Column: number("column")},
		Message: text("message"),
		Source:  text("source"),
	}
	hints, _ := m.ListOr("hints", nil)
	for _, h := range hints {
		hint, _ := params.ToString(h)
		w.Hints = append(w.Hints, hint)
	}
	return w
}

// partSize is how many tasks on the top level are decoded in one go.
const partSize = 2000

// parts splits a large workflow in order to decode its parts at the same time.
// The first one has all but some of the top level's tasks. The others have
// these, and no name.
func parts(w *workflow.Workflow) []*workflow.Workflow {
	if len(w.Root.Children) <= partSize {
		return []*workflow.Workflow{w}
	}
	var list []*workflow.Workflow
	for tasks := range slices.Chunk(w.Root.Children, partSize) {
		part, root := workflow.Workflow{}, workflow.Node{}
		if len(list) == 0 {
			part, root = *w, *w.Root
		}
		root.Children = tasks
		part.Root = &root
		list = append(list, &part)
	}
	return list
}

// decodeWorkflows adds the workflows to the project.
func (e *entry) decodeWorkflows(payload []byte) error {
	var encoded [][]byte
	for len(payload) > 0 {
		size, n := binary.Uvarint(payload)
		if n <= 0 || size > uint64(len(payload)-n) {
			return errEntry
		}
		encoded = append(encoded, payload[n:][:size])
		payload = payload[n:][size:]
	}
	parts := make([]*workflow.Workflow, len(encoded))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, b := range encoded {
		g.Go(func() (err error) {
			parts[i], err = workflow.Decode(b)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return e.join(parts)
}

// join adds the workflows that have these parts to the project.
func (e *entry) join(parts []*workflow.Workflow) error {
	list := &e.project.Workflows
	for _, part := range parts {
		switch {
		case part.Root == nil || part.Name == "" && len(*list) == 0:
			return errEntry
		case part.Name == "":
			root := (*list)[len(*list)-1].Root
			root.Children = append(root.Children, part.Root.Children...)
		default:
			*list = append(*list, part)
		}
	}
	for _, w := range *list {
		if err := w.Finish(); err != nil {
			return err
		}
	}
	return nil
}
