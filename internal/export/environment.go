package export

import (
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// SettingsFile is the file with the environments of a project, as users of
// Soopervisor have it.
const SettingsFile = "soopervisor.yaml"

// Environment is a section of soopervisor.yaml: somewhere a pipeline runs. The
// files for it are in the folder of its name.
type Environment struct {
	Name    string
	Backend string
	// Preset is the kind of operators of Airflow: "kubernetes", "docker" or
	// "bash".
	Preset string
	// Repository is where images are pushed to; "" for images that stay on the
	// machine that builds them.
	Repository string
	// Include and Exclude are files and folders that images have besides those in
	// git, and those that they don't have. Exclude is nil where none was written.
	Include, Exclude []string

	volumes   []volume
	queue     string
	region    string
	container params.Map
	resources []resources
}

// volume is storage that all nodes of Argo share.
type volume struct {
	name, subPath string
	spec          params.Map
}

// resources are what tasks of AWS Batch get.
type resources struct {
	pattern string
	at      document.Entry
	values  params.Map
}

// Names returns the names of all environments in the text of soopervisor.yaml; none
// where it can't be read.
func Names(text []byte) []string {
	n, err := document.Format{Scalars: document.Python}.Parse(SettingsFile, text)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range n.Entries() {
		names = append(names, entry.Key)
	}
	return names
}

// Read reads the section of an environment from the text of soopervisor.yaml.
// Errors say where what is wrong was written; one that has no section is NotFound.
func Read(name, file string, text []byte) (*Environment, error) {
	n, err := document.Format{Scalars: document.Python}.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if n.Kind() != document.Mapping && !n.IsNull() {
		return nil, n.Errorf("%s has environments by their names, not %s", SettingsFile, n.What())
	}
	var names []string
	for _, entry := range n.Entries() {
		if entry.Key == name {
			return readSection(entry)
		}
		names = append(names, entry.Key)
	}
	return nil, model.Errorf(model.NotFound, "%s has no section %q", SettingsFile, name).
		WithHint("%s", hintNew(name, names))
}

func hintNew(name string, names []string) string {
	if hint := document.DidYouMean(name, names); hint != "" {
		return hint
	}
	return "`pawl export add " + name + " -b BACKEND` makes one; backends: " + strings.Join(Backends(), ", ")
}

func readSection(section document.Entry) (*Environment, error) {
	if !isName(section.Key) {
		return nil, section.Errorf("an environment can't be called %q", section.Key).Hint(nameHint)
	}
	if section.Value.Kind() != document.Mapping {
		return nil, section.Value.Errorf("an environment has settings, not %s", section.Value.What())
	}
	e := &Environment{Name: section.Key}
	for _, entry := range section.Value.Entries() {
		if entry.Key == "backend" {
			e.Backend, _ = entry.Value.Text()
			if !slices.Contains(Backends(), e.Backend) {
				return nil, entry.Value.Errorf("there is no backend %s", shown(entry.Value)).Hint("there are: %s", strings.Join(Backends(), ", "))
			}
		}
	}
	if e.Backend == "" {
		return nil, section.Errorf("the environment has no backend").Hint("there are: %s", strings.Join(Backends(), ", "))
	}
	var errs document.Errors
	for _, entry := range section.Value.Entries() {
		errs.Take(e.set(entry))
	}
	if errs.Err() == nil && e.Backend == "aws-batch" && (e.queue == "" || e.region == "") {
		errs.Add(section.Errorf("AWS Batch needs job_queue and region_name"))
	}
	return e, errs.Err()
}

func shown(n *document.Node) string {
	if text, ok := n.Text(); ok {
		return `"` + text + `"`
	}
	return n.What()
}

// set reads one setting.
func (e *Environment) set(entry document.Entry) error {
	keys := append([]string{"backend", "include", "exclude"}, backends()[e.Backend].keys...)
	if !slices.Contains(keys, entry.Key) {
		return entry.Errorf("%s has no setting %q", e.Backend, entry.Key).Hint("%s", hintKeys(entry.Key, keys))
	}
	v := entry.Value
	var err error
	switch entry.Key {
	case "include":
		e.Include, err = texts(v)
	case "exclude":
		e.Exclude, err = texts(v)
		if e.Exclude == nil && !v.IsNull() {
			e.Exclude = []string{}
		}
	case "repository":
		if !v.IsNull() {
			e.Repository, err = text(v)
		}
		if e.Repository == "your-repository/name" {
			err = v.Errorf("the repository is still that of the example").Hint("write where images are pushed to, or null for images that stay here")
		}
	case "preset":
		if e.Preset, err = text(v); err == nil && !slices.Contains(presets, e.Preset) {
			err = v.Errorf("there is no preset %q", e.Preset).Hint("there are: %s", strings.Join(presets, ", "))
		}
	case "job_queue":
		e.queue, err = text(v)
	case "region_name":
		e.region, err = text(v)
	case "container_properties":
		if e.container, err = mapping(v); err == nil && e.container.Has("image") {
			err = v.Errorf("the image follows from the repository: container_properties has none")
		}
	case "mounted_volumes":
		e.volumes, err = volumes(v)
	case "task_resources":
		e.resources, err = readResources(v)
	}
	return err
}

func hintKeys(key string, keys []string) string {
	if hint := document.DidYouMean(key, keys); hint != "" {
		return hint
	}
	return "there are: " + strings.Join(keys, ", ")
}

func text(n *document.Node) (string, error) {
	s, ok := n.Text()
	if !ok || s == "" {
		return "", n.Errorf("this has to be a text, not %s", n.What())
	}
	return s, nil
}

func texts(n *document.Node) ([]string, error) {
	if n.Kind() != document.List && !n.IsNull() {
		return nil, n.Errorf("this has to be a list of files and folders, not %s", n.What())
	}
	var list []string
	for _, item := range n.Items() {
		s, err := text(item)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func mapping(n *document.Node) (params.Map, error) {
	if n.Kind() != document.Mapping {
		return params.Map{}, n.Errorf("this has to be a mapping, not %s", n.What())
	}
	return n.Map(), nil
}

// volumes reads what is mounted at /mnt/NAME.
func volumes(n *document.Node) ([]volume, error) {
	if n.Kind() != document.List && !n.IsNull() {
		return nil, n.Errorf("mounted_volumes is a list of volumes, not %s", n.What())
	}
	var list []volume
	for _, item := range n.Items() {
		var v volume
		var err error
		for _, entry := range item.Entries() {
			switch entry.Key {
			case "name":
				v.name, err = text(entry.Value)
			case "sub_path":
				v.subPath, err = text(entry.Value)
			case "spec":
				v.spec, err = mapping(entry.Value)
			default:
				err = entry.Errorf("a volume has no setting %q", entry.Key).Hint("there are: name, sub_path, spec")
			}
			if err != nil {
				return nil, err
			}
		}
		if v.name == "" || v.spec.Len() == 0 {
			return nil, item.Errorf("a volume needs a name and a spec")
		}
		list = append(list, v)
	}
	return list, nil
}

// Shares reports whether the settings give tasks storage that they share.
func (e *Environment) Shares() bool { return len(e.volumes) > 0 || e.container.Has("mountPoints") }
