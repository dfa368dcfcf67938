package command

import (
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Needs returns what a task needs that starts these programs: them, or the image in
// which they are. Where the task has a PATH of its own, it may have its own programs.
func Needs(d *operator.Draft, programs ...operator.Need) []operator.Need {
	if m, ok := d.Given("docker").(operator.Map); ok && m.Has("image") {
		v, _ := m.Get("image")
		return []operator.Need{{Kind: operator.NeedImage, Name: params.Literal(v)}}
	}
	own, _ := d.Local.MapOr("_env", operator.Map{})
	if own.Has("PATH") || d.Local.Has("PATH") || d.Exported.Has("PATH") {
		return nil
	}
	return programs
}
