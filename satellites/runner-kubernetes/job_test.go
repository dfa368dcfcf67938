package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runnerplugin"
)

var update = flag.Bool("update", false, "write what is wanted anew")

// The whole Job of a task of a queue with a template of its own, and of one that asks
// for nothing.
func TestJobsOfTasks(t *testing.T) {
	t.Parallel()
	gpus := file(t, `
metadata: {annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: "false"}}
spec:
  tolerations: [{key: gpu, operator: Exists}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
  containers:
    - name: task
      securityContext: {allowPrivilegeEscalation: false}
      volumeMounts: [{name: data, mountPath: /data}]
`)
	for name, c := range map[string]struct {
		settings map[string]string
		order    runnerplugin.Order
	}{
		"plain": {map[string]string{"image": "debian:13"}, runnerplugin.Order{}},
		"all": {map[string]string{
			"image": "debian:13", "pawl-image": "pawl:1", "command": "/opt/pawl", "image-pull-policy": "Always", "image-pull-secrets": "registry",
			"service-account": "worker", "env-config-maps": "settings", "env-secrets": "keys", "labels.team": "data", "annotations.cost": "high",
			"node-selector.disk": "ssd", "templates.gpu": gpus, "priority-classes.5": "urgent", "keep": "10m", "queue-label": "kueue.x-k8s.io/queue-name",
		}, runnerplugin.Order{
			Queue: "gpu", Priority: 7, Resources: runnerplugin.Resources{CPU: 1500, Memory: 2 << 30, GPU: 1, Image: "train:3", Time: 3600},
		}},
	} {
		o, err := read(c.settings)
		if err != nil {
			t.Fatal(err)
		}
		c.order.Name, c.order.Task, c.order.Command = "pawl-x-1-2-3", "+a+b", []string{"/usr/local/bin/pawl", "try", "$(HOME) $$"}
		job, err := o.job(&c.order)
		if err != nil {
			t.Fatal(err)
		}
		got, err := yaml.Marshal(job)
		if err != nil {
			t.Fatal(err)
		}
		path := "testdata/" + name + ".yaml"
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestOrdersThatNoJobCanBe(t *testing.T) {
	t.Parallel()
	for says, order := range map[string]runnerplugin.Order{
		"the task names no image":          {},
		"no option \"templatt\" for tasks": {Options: []byte(`{"templatt":{}}`)},
		`unknown field "sepc"`:             {Options: []byte(`{"template":{"sepc":{}}}`)},
		"a Secret holds 1048576":           {Resources: runnerplugin.Resources{Image: "a"}, Input: make([]byte, 1<<20+1)},
	} {
		o, err := read(nil)
		if err != nil {
			t.Fatal(err)
		}
		order.Command = []string{"pawl"}
		if _, err := o.job(&order); model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %s", err, says)
		}
	}
}

// A template of a task stands in place of that of the settings.
func TestATaskHasATemplateOfItsOwn(t *testing.T) {
	t.Parallel()
	o, err := read(runnerplugin.Settings{"image": "a", "template": file(t, "spec: {nodeName: there}")})
	if err != nil {
		t.Fatal(err)
	}
	job, err := o.job(&runnerplugin.Order{
		Name: "a", Command: []string{"pawl"}, Options: []byte(`{"template":{"spec":{"tolerations":[{"key":"gpu","operator":"Exists"}]}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if pod := job.Spec.Template.Spec; pod.NodeName != "" || len(pod.Tolerations) != 1 || pod.Tolerations[0].Key != "gpu" {
		t.Errorf("the pod is %+v", pod)
	}
}
