package local

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/export"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product/files"
	"github.com/pawlhq/pawl/internal/project"
)

// images returns what the containers of tasks are made of.
func (o *exportOptions) images(ctx context.Context, e *export.Environment, tasks []string) ([]export.Image, error) {
	dockerfile, err := o.template("Dockerfile")
	if err != nil {
		return nil, err
	}
	if !strings.Contains(dockerfile, "pawl") {
		o.warn("%s/Dockerfile does not install pawl, which tasks are run by", e.Name)
	}
	here, err := names(o.world.Dir)
	if err != nil {
		return nil, err
	}
	version := "latest"
	if r, ok := repository(ctx, o.world.Dir); ok {
		version = r.Hash
	}
	images, err := e.Images(here, filepath.Base(o.world.Dir), version)
	if err != nil {
		return nil, err
	}
	return images, export.CheckImages(images, tasks)
}

// filesOf returns the files that a task makes, with their records, relative to the
// project.
func (o *exportOptions) filesOf(t *pipeline.Task) (list []string) {
	for _, p := range t.Products {
		if p.Path == "" || !filepath.IsAbs(p.Path) {
			continue
		}
		for _, file := range []string{p.Path, files.MetadataPath(p.Path)} {
			if rel, err := filepath.Rel(o.world.Dir, file); err == nil && filepath.IsLocal(rel) {
				list = append(list, filepath.ToSlash(rel))
			}
		}
	}
	return list
}

// sources says which files images have.
type sources struct {
	environment *export.Environment
	images      []export.Image
	// folders are those of all environments, and products what tasks make.
	folders, products []string
	project           string
}

// writeSources makes the folders that images are built from: each has a lock file
// and an archive of the sources.
func (o *exportOptions) writeSources(ctx context.Context, s sources) error {
	if len(s.images) == 0 {
		return nil
	}
	keeps, err := o.keeps(ctx, s)
	if err != nil {
		return err
	}
	own := "env." + o.environment + ".yaml"
	_, replaced := os.Stat(o.world.Path(own))
	for _, image := range s.images {
		dir := filepath.Join(o.dir, "build", image.Folder())
		if err := os.MkdirAll(filepath.Join(dir, "dist"), 0o755); err != nil {
			return err
		}
		lock, err := os.ReadFile(o.world.Path(image.Lock))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, image.LockName()), lock, 0o644); err != nil {
			return err
		}
		err = o.pack(filepath.Join(dir, "dist", s.project+".tar.gz"), func(name string) string {
			switch {
			case replaced == nil && name == own:
				return path.Join(s.project, "env.yaml") // values of this environment take the place of the others
			case replaced == nil && name == "env.yaml" || !keeps(name):
				return ""
			}
			return path.Join(s.project, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pack writes an archive of the project.
func (o *exportOptions) pack(file string, name func(string) string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = project.Pack(o.world.Dir, f, project.PackOptions{CopyOutgoingSymlinks: true, Name: name})
	return errors.Join(err, f.Close())
}

// keeps returns whether a file of the project belongs into images.
func (o *exportOptions) keeps(ctx context.Context, s sources) (func(name string) bool, error) {
	for _, name := range s.environment.Include {
		if _, err := os.Stat(o.world.Path(name)); err != nil {
			return nil, model.Errorf(model.NotFound, "there is no %s, which %s includes", name, o.environment)
		}
	}
	var tracked map[string]bool // nil for all
	if !o.ignoreGit {
		if out, err := git(ctx, o.world.Dir, "ls-files", "-z"); err == nil {
			tracked = make(map[string]bool)
			for _, name := range strings.Split(out, "\x00") {
				tracked[name] = true
			}
		}
	}
	exclude := s.environment.Exclude
	if exclude == nil {
		exclude = s.products
	}
	return func(name string) bool {
		switch {
		case under(name, s.folders), strings.Contains(name, "__pycache__/"), under(name, exclude):
			return false
		}
		return tracked == nil || tracked[name] || under(name, s.environment.Include)
	}, nil
}

// under reports whether a file is one of some, or in a folder that is.
func under(name string, list []string) bool {
	return slices.ContainsFunc(list, func(of string) bool {
		of = path.Clean(of)
		return name == of || strings.HasPrefix(name, of+"/")
	})
}
