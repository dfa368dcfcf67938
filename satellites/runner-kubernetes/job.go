package main

import (
	"cmp"
	"encoding/json"
	"path"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pawlhq/pawl/runnerplugin"
)

// Marks of what is ours.
const (
	// programLabel has the name of the program. All of ours have it.
	programLabel = "pawl-program"
	managedLabel = "app.kubernetes.io/managed-by"
	// taskNote has the full name of the task, for people.
	taskNote = "pawl-task"
	// endNote is at jobs that were called off.
	endNote = "pawl-end"
)

// Containers, volumes and files of pods.
const (
	taskContainer  = "task"
	inputContainer = "pawl-input"
	secretVolume   = "pawl-secret"
	inputVolume    = "pawl-input"
	binVolume      = "pawl-bin"
	inputKey       = "input"
	secretDir      = "/pawl/secret"
	inputDir       = "/pawl/input"
	binDir         = "/pawl/bin"
)

// handOver is the script of the container that runs before the task: it hands over the
// input, as a file that the task can empty, and the program, if that is another image's.
const handOver = `umask 0; cat "$1" > "$2" && { [ $# = 2 ] || cp "$3" "$4"; }`

// mostInput is how much a Secret holds.
const mostInput = corev1.MaxSecretSize

// grace is how long a program that was asked to end may take.
const grace = 30

// slack is how many seconds a pod gets besides those of its task, which has to be
// fetched and begin, and then keeps to its time by itself.
const slack = 300

// taskOptions are what a task may say to this runner.
type taskOptions struct {
	// Template is a pod template in place of that of the settings.
	Template json.RawMessage `json:"template"`
}

// job returns the Job of a program.
func (o *options) job(order *runnerplugin.Order) (*batchv1.Job, error) {
	if len(order.Input) > mostInput {
		return nil, invalid("the input of the task has %d bytes, and a Secret holds %d", len(order.Input), mostInput).
			WithHint("let tasks pass on names of files in place of large parameters")
	}
	var own taskOptions
	if err := order.ReadOptions(&own); err != nil {
		return nil, err
	}
	template := o.templateOf(order.Queue)
	if len(own.Template) > 0 {
		var err error
		if template, err = parseTemplate("_runner: kubernetes: template", own.Template); err != nil {
			return nil, err
		}
	}
	if err := o.fill(template, order); err != nil {
		return nil, err
	}
	return &batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{
			Name: order.Name, Labels: o.labelsOf(nil, order), Annotations: o.notesOf(nil, order),
		},
		Spec: batchv1.JobSpec{
			Parallelism: new(int32(1)), Completions: new(int32(1)), BackoffLimit: new(int32(0)),
			TTLSecondsAfterFinished: new(int32(o.keep.Seconds())), Template: *template,
		},
	}, nil
}

// secret returns the Secret with the input of a program, which ends with its Job.
func secret(of *batchv1.Job, input []byte) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{
			Name: of.Name, Labels: map[string]string{programLabel: of.Name, managedLabel: "pawl"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: of.Name, UID: of.UID}},
		},
		Type: corev1.SecretTypeOpaque, Immutable: new(true), Data: map[string][]byte{inputKey: input},
	}
}

func (o *options) labelsOf(m map[string]string, order *runnerplugin.Order) map[string]string {
	m = with(m, o.labels)
	if o.queueLabel != "" && order.Queue != "" {
		m[o.queueLabel] = order.Queue
	}
	m[programLabel], m[managedLabel] = order.Name, "pawl"
	return m
}

func (o *options) notesOf(m map[string]string, order *runnerplugin.Order) map[string]string {
	m = with(m, o.annotations)
	m[taskNote] = order.Task
	return m
}

// with returns a map that has all of two, the second before the first.
func with(first, second map[string]string) map[string]string {
	m := make(map[string]string, len(first)+len(second))
	for _, of := range []map[string]string{first, second} {
		for k, v := range of {
			m[k] = v
		}
	}
	return m
}

// fill makes a pod template that of a program.
func (o *options) fill(t *corev1.PodTemplateSpec, order *runnerplugin.Order) error {
	t.Labels, t.Annotations = o.labelsOf(t.Labels, order), o.notesOf(t.Annotations, order)
	pod := &t.Spec
	task, err := o.task(pod, order)
	if err != nil {
		return err
	}
	command := cmp.Or(o.command, order.Command[0])
	o.mount(pod, task, order.Name, command)
	if o.pawlImage != "" {
		command = path.Join(binDir, "pawl")
	}
	task.Command = literal(command)
	task.Args = append(literal(order.Command[1:]...), inputDir+"/"+inputKey)
	pod.RestartPolicy = corev1.RestartPolicyNever
	if pod.TerminationGracePeriodSeconds == nil {
		pod.TerminationGracePeriodSeconds = new(int64(grace))
	}
	if order.Resources.Time > 0 {
		pod.ActiveDeadlineSeconds = new(order.Resources.Time + slack)
	}
	if pod.ShareProcessNamespace == nil { // what a task leaves behind is waited for by the pod's first process
		pod.ShareProcessNamespace = new(true)
	}
	pod.NodeSelector = with(pod.NodeSelector, o.nodes)
	pod.PriorityClassName = cmp.Or(o.classOf(order.Priority), pod.PriorityClassName)
	pod.ServiceAccountName = cmp.Or(o.account, pod.ServiceAccountName)
	if pod.ServiceAccountName == "" && pod.AutomountServiceAccountToken == nil {
		pod.AutomountServiceAccountToken = new(false)
	}
	for _, name := range o.pullSecrets {
		pod.ImagePullSecrets = append(pod.ImagePullSecrets, corev1.LocalObjectReference{Name: name})
	}
	return nil
}

// task returns the container of the task, which a template may have begun.
func (o *options) task(pod *corev1.PodSpec, order *runnerplugin.Order) (*corev1.Container, error) {
	var task *corev1.Container
	for i := range pod.Containers {
		if pod.Containers[i].Name == taskContainer {
			task = &pod.Containers[i]
		}
	}
	if task == nil {
		pod.Containers = append(pod.Containers, corev1.Container{Name: taskContainer})
		task = &pod.Containers[len(pod.Containers)-1]
	}
	task.Image = cmp.Or(order.Resources.Image, o.image, task.Image)
	if task.Image == "" {
		return nil, invalid("the task names no image, and there is none for all tasks").
			WithHint("set runner.kubernetes.image, or _needs: {image: NAME} in the task")
	}
	task.ImagePullPolicy = cmp.Or(o.pull, task.ImagePullPolicy)
	task.TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
	for _, name := range o.configMaps {
		task.EnvFrom = append(task.EnvFrom, corev1.EnvFromSource{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}})
	}
	for _, name := range o.secrets {
		task.EnvFrom = append(task.EnvFrom, corev1.EnvFromSource{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}})
	}
	o.limit(&task.Resources, &order.Resources)
	return task, nil
}

// limit asks for what a task takes, and lets it have no more.
func (o *options) limit(to *corev1.ResourceRequirements, r *runnerplugin.Resources) {
	set := func(name corev1.ResourceName, q *resource.Quantity) {
		if q.IsZero() {
			return
		}
		for _, l := range []*corev1.ResourceList{&to.Requests, &to.Limits} {
			if *l == nil {
				*l = make(corev1.ResourceList)
			}
			(*l)[name] = *q
		}
	}
	set(corev1.ResourceCPU, resource.NewMilliQuantity(r.CPU, resource.DecimalSI))
	set(corev1.ResourceMemory, resource.NewQuantity(r.Memory, resource.BinarySI))
	set(corev1.ResourceName(o.gpu), resource.NewQuantity(int64(r.GPU), resource.DecimalSI))
}

// mount has the task find its input, and the program at command if that is in another
// image. The Secret is no volume of the task, which could not empty it.
func (o *options) mount(pod *corev1.PodSpec, task *corev1.Container, name, command string) {
	volume := func(name, dir string, from corev1.VolumeSource, to ...*corev1.Container) {
		pod.Volumes = append(pod.Volumes, corev1.Volume{Name: name, VolumeSource: from})
		for _, c := range to {
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: dir})
		}
	}
	first := &corev1.Container{
		Name: inputContainer, Image: cmp.Or(o.pawlImage, task.Image), ImagePullPolicy: task.ImagePullPolicy,
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          task.SecurityContext.DeepCopy(), Resources: *task.Resources.DeepCopy(),
		Command: literal("sh", "-c", handOver, "sh"), Args: []string{secretDir + "/" + inputKey, inputDir + "/" + inputKey},
	}
	volume(secretVolume, secretDir, corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: name}}, first)
	volume(inputVolume, inputDir, corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}}, first, task)
	if o.pawlImage != "" {
		first.Args = append(append(first.Args, literal(command)...), binDir+"/pawl")
		volume(binVolume, binDir, corev1.VolumeSource{EmptyDir: new(corev1.EmptyDirVolumeSource)}, first, task)
	}
	pod.InitContainers = append([]corev1.Container{*first}, pod.InitContainers...)
}

// literal returns words as a command has them in which nothing is a variable.
func literal(words ...string) []string {
	escaped := make([]string, len(words))
	for i, word := range words {
		escaped[i] = strings.ReplaceAll(word, "$", "$$")
	}
	return escaped
}
