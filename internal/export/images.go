package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/process"
)

// Image is what the containers of some tasks are made of.
type Image struct {
	// Pattern is what the names of its tasks are like; "" for the image of all
	// others.
	Pattern string
	// Lock is the file with the versions of what it has installed.
	Lock string
	// Name is what it is called, with a tag.
	Name string
}

// defaultImage is the folder of the image that has no pattern.
const defaultImage = "default"

// Folder is the name of the folder that it is built from.
func (i Image) Folder() string {
	if i.Pattern == "" {
		return defaultImage
	}
	return label(strings.ReplaceAll(i.Pattern, "*", "any"), "_.-")
}

// Images returns the images that lock files ask for, the one of all others last:
// requirements.lock.txt or environment.lock.yml, and those with a task name in the
// middle, in which "__" stands for any text. The version is the tag of the images.
// That there is no file for all others is an error.
func (e *Environment) Images(files []string, project, version string) ([]Image, error) {
	list := locks(files, "requirements", ".lock.txt")
	if len(list) == 0 {
		list = locks(files, "environment", ".lock.yml")
	}
	if len(list) == 0 || list[len(list)-1].Pattern != "" {
		return nil, model.Errorf(model.Invalid, "the images need to know what to install").
			WithHint("`pip freeze > requirements.lock.txt`, or `conda env export --no-build --file environment.lock.yml`")
	}
	for i := range list {
		list[i].Name = e.imageName(project, version)
		if list[i].Pattern != "" {
			list[i].Name += "-" + list[i].Folder()
		}
	}
	return list, nil
}

func locks(files []string, prefix, suffix string) []Image {
	var list []Image
	for _, f := range files {
		middle, begins := strings.CutPrefix(f, prefix)
		middle, ends := strings.CutSuffix(middle, suffix)
		switch {
		case !begins || !ends:
		case middle == "":
			list = append(list, Image{Lock: f})
		case middle[0] == '.':
			list = append(list, Image{Lock: f, Pattern: strings.ReplaceAll(middle[1:], "__", "*")})
		}
	}
	slices.SortStableFunc(list, func(a, b Image) int { return strings.Compare(b.Pattern, a.Pattern) })
	return list
}

// imageName is that of the image of all tasks without one of their own.
func (e *Environment) imageName(project, version string) string {
	switch last := e.Repository[strings.LastIndex(e.Repository, "/")+1:]; {
	case e.Repository == "":
		return strings.ToLower(label(project, "_.-")) + ":" + version
	case strings.Contains(last, ":"):
		return e.Repository // with a tag that somebody has chosen
	}
	return e.Repository + ":" + version
}

// CheckImages makes sure that each image has tasks.
func CheckImages(images []Image, tasks []string) error {
	for _, i := range images {
		if i.Pattern != "" && !anyMatches(i.Pattern, tasks) {
			return model.Errorf(model.Invalid, "%s: no task has a name like %q", i.Lock, i.Pattern)
		}
	}
	return nil
}

// imageOf returns the image of a task.
func (j *Job) imageOf(task string) string {
	for _, i := range j.Images {
		if i.Pattern == "" || matches(i.Pattern, task) {
			return i.Name
		}
	}
	return ""
}

// buildScript is a program that builds the images, and pushes them where they have
// a repository.
func (e *Environment) buildScript(images []Image) File {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Builds the images that the tasks run in")
	if e.Repository != "" {
		b.WriteString(" and pushes them")
	}
	b.WriteString(". DOCKER is another program than docker,\n# DOCKER_ARGS are more arguments to build with.\nset -eu\ncd \"$(dirname \"$0\")\"\n")
	for _, i := range images {
		fmt.Fprintf(&b, "\"${DOCKER:-docker}\" build ${DOCKER_ARGS:-} --file Dockerfile --tag %s build/%s\n", process.Quote(i.Name), process.Quote(i.Folder()))
		if e.Repository != "" {
			fmt.Fprintf(&b, "\"${DOCKER:-docker}\" push %s\n", process.Quote(i.Name))
		}
	}
	return File{Name: "images.sh", Text: b.String(), Executable: true}
}

// dockerfile is the one of a new environment.
func dockerfile(lock string, packaged bool) File {
	base, install, name := "python:3.12-slim", "pip install --no-cache-dir --requirement", "requirements.lock.txt"
	if strings.HasPrefix(lock, "environment") {
		base, install, name = "condaforge/miniforge3", "conda env update --name base --file", "environment.lock.yml"
	}
	own := ""
	if packaged {
		own = "RUN pip install --no-cache-dir --no-deps .\n"
	}
	return File{Name: "Dockerfile", Text: fmt.Sprintf(`# The image that tasks run in. images.sh builds it from a folder with the lock file
# and the sources; PAWL is an image that has the program pawl.
ARG PAWL=pawl
FROM ${PAWL} AS pawl

FROM %s
COPY --from=pawl /usr/local/bin/pawl /usr/local/bin/pawl
WORKDIR /project
COPY %s ./
RUN %[3]s %[2]s
COPY dist/*.tar.gz /tmp/sources.tar.gz
RUN tar --strip-components=1 -xzf /tmp/sources.tar.gz && rm /tmp/sources.tar.gz
%s`, base, name, install, own)}
}

// LockName is what the lock file of an image is called where it is built.
func (i Image) LockName() string {
	if strings.HasPrefix(i.Lock, "environment") {
		return "environment.lock.yml"
	}
	return "requirements.lock.txt"
}
