package main

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/pawlhq/pawl/runnerplugin"
)

// options are what settings say about jobs.
type options struct {
	image, pawlImage, command          string
	pull                               corev1.PullPolicy
	pullSecrets                        []string
	account                            string
	configMaps, secrets                []string
	labels, annotations, nodes         map[string]string
	queueLabel, gpu                    string
	template                           *corev1.PodTemplateSpec
	templates                          map[string]*corev1.PodTemplateSpec // by queue
	classes                            []class
	keep, startWithin, scheduledWithin time.Duration
}

// class is the priority class of tasks from a priority on.
type class struct {
	from int
	name string
}

// Names of settings; those of families end with a dot and go on with a name.
const (
	kubeconfigSetting  = "kubeconfig"
	contextSetting     = "context"
	namespaceSetting   = "namespace"
	imageSetting       = "image"
	pawlImageSetting   = "pawl-image"
	commandSetting     = "command"
	pullSetting        = "image-pull-policy"
	pullSecretsSetting = "image-pull-secrets"
	accountSetting     = "service-account"
	configMapsSetting  = "env-config-maps"
	secretsSetting     = "env-secrets"
	labelsSetting      = "labels."
	annotationsSetting = "annotations."
	nodesSetting       = "node-selector."
	queueLabelSetting  = "queue-label"
	gpuSetting         = "gpu-resource"
	templateSetting    = "template"
	templatesSetting   = "templates."
	classesSetting     = "priority-classes."
	keepSetting        = "keep"
	startSetting       = "start-within"
	scheduleSetting    = "schedule-within"
)

var (
	names = []string{
		kubeconfigSetting, contextSetting, namespaceSetting, imageSetting, pawlImageSetting, commandSetting, pullSetting,
		pullSecretsSetting, accountSetting, configMapsSetting, secretsSetting, queueLabelSetting, gpuSetting, templateSetting,
		keepSetting, startSetting, scheduleSetting,
	}
	families = []string{labelsSetting, annotationsSetting, nodesSetting, templatesSetting, classesSetting}
)

const (
	defaultGPU      = "nvidia.com/gpu"
	defaultKeep     = time.Hour
	defaultStart    = 30 * time.Minute
	defaultSchedule = 24 * time.Hour
)

// read reads settings, and tells all that is wrong with them.
func read(s runnerplugin.Settings) (o options, err error) {
	known := slices.Clone(names)
	for key := range s {
		if slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) && key != f }) {
			known = append(known, key)
		}
	}
	if err := s.Check(known...); err != nil {
		return o, err
	}
	o = options{
		image: s[imageSetting], pawlImage: s[pawlImageSetting], command: s[commandSetting], account: s[accountSetting],
		pullSecrets: list(s[pullSecretsSetting]), configMaps: list(s[configMapsSetting]), secrets: list(s[secretsSetting]),
		labels: family(s, labelsSetting), annotations: family(s, annotationsSetting), nodes: family(s, nodesSetting),
		queueLabel: s[queueLabelSetting], gpu: cmp.Or(s[gpuSetting], defaultGPU), template: new(corev1.PodTemplateSpec),
		templates: make(map[string]*corev1.PodTemplateSpec), pull: corev1.PullPolicy(s[pullSetting]),
	}
	var errs [6]error
	errs[0] = checkPull(o.pull)
	o.keep, errs[1] = duration(s, keepSetting, defaultKeep)
	o.startWithin, errs[2] = duration(s, startSetting, defaultStart)
	o.scheduledWithin, errs[3] = duration(s, scheduleSetting, defaultSchedule)
	o.classes, errs[4] = classes(family(s, classesSetting))
	errs[5] = o.readTemplates(s)
	return o, errors.Join(errs[:]...)
}

func invalid(format string, args ...any) *runnerplugin.Error {
	return runnerplugin.Errorf(runnerplugin.Invalid, format, args...)
}

// list reads words with commas between them.
func list(text string) (words []string) {
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// family returns the settings of a family by the rest of their names.
func family(s runnerplugin.Settings, prefix string) map[string]string {
	m := make(map[string]string)
	for key, value := range s {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			m[rest] = value
		}
	}
	return m
}

func checkPull(p corev1.PullPolicy) error {
	switch p {
	case "", corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever:
		return nil
	}
	return invalid("%s: %q is no policy", pullSetting, p).WithHint("write Always, IfNotPresent or Never")
}

func duration(s runnerplugin.Settings, key string, otherwise time.Duration) (time.Duration, error) {
	text := s[key]
	if text == "" {
		return otherwise, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return 0, invalid("%s: %q is no time of a second or more", key, text).WithHint("write a time such as 90s, 15m or 24h")
	}
	return d, nil
}

// classes returns the classes of priorities, the highest first.
func classes(of map[string]string) (sorted []class, err error) {
	for _, text := range slices.Sorted(maps.Keys(of)) {
		from, err := strconv.Atoi(text)
		if err != nil || of[text] == "" {
			return nil, invalid("%s%s: a whole number is to have the name of a class", classesSetting, text).
				WithHint("write %s10 = NAME for tasks with a priority of 10 or more", classesSetting)
		}
		sorted = append(sorted, class{from, of[text]})
	}
	slices.SortFunc(sorted, func(a, b class) int { return cmp.Compare(b.from, a.from) })
	return sorted, nil
}

func (o *options) readTemplates(s runnerplugin.Settings) (err error) {
	if path := s[templateSetting]; path != "" {
		if o.template, err = readTemplate(templateSetting, path); err != nil {
			return err
		}
	}
	for queue, path := range family(s, templatesSetting) {
		if o.templates[queue], err = readTemplate(templatesSetting+queue, path); err != nil {
			return err
		}
	}
	return nil
}

// readTemplate reads a pod template, in which nothing may be unknown or there twice.
func readTemplate(key, path string) (*corev1.PodTemplateSpec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, invalid("%s: %w", key, err)
	}
	return parseTemplate(key+": "+path, text)
}

// parseTemplate reads the text of a pod template, which is at a place.
func parseTemplate(at string, text []byte) (*corev1.PodTemplateSpec, error) {
	t := new(corev1.PodTemplateSpec)
	if err := yaml.UnmarshalStrict(text, t); err != nil {
		return nil, invalid("%s: %w", at, err).
			WithHint("it is a pod template: metadata and spec, as a Deployment or a Job has it below template")
	}
	for _, c := range t.Spec.InitContainers {
		if c.Name == inputContainer {
			return nil, invalid("%s: the name of the container %s is taken", at, c.Name)
		}
	}
	return t, nil
}

// templateOf returns a copy of the template for the tasks of a queue.
func (o *options) templateOf(queue string) *corev1.PodTemplateSpec {
	if t := o.templates[queue]; queue != "" && t != nil {
		return t.DeepCopy()
	}
	return o.template.DeepCopy()
}

// classOf returns the priority class of a task, or "" for what the template has.
func (o *options) classOf(priority int) string {
	for _, c := range o.classes {
		if priority >= c.from {
			return c.name
		}
	}
	return ""
}
