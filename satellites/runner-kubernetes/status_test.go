package main

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/pawlhq/pawl/runnerplugin"
)

// What a cluster says of Jobs and their pods, as of 12:00, and what that means.
func TestWhatBecomesOfJobs(t *testing.T) {
	t.Parallel()
	const (
		fresh   = `{metadata: {name: j, creationTimestamp: "2026-01-02T11:59:00Z"}}`
		old     = `{metadata: {name: j, creationTimestamp: "2026-01-01T11:00:00Z"}}`
		ended   = `{metadata: {name: j, annotations: {pawl-end: "true"}}, spec: {suspend: true}}`
		queued  = `{metadata: {name: j, creationTimestamp: "2026-01-02T11:59:00Z"}, spec: {suspend: true}}`
		failed  = `{metadata: {name: j}, status: {conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded, message: reached}]}}`
		late    = `{metadata: {name: j}, status: {conditions: [{type: Failed, status: "True", reason: DeadlineExceeded}]}}`
		done    = `{metadata: {name: j}, status: {conditions: [{type: Complete, status: "True"}]}}`
		running = `{status: {phase: Running, containerStatuses: [{name: task, state: {running: {}}}]}}`
		placed  = `{type: PodScheduled, status: "True", lastTransitionTime: "2026-01-02T11:40:00Z"}`
		long    = `{type: PodScheduled, status: "True", lastTransitionTime: "2026-01-02T11:00:00Z"}`
	)
	end := func(state string) string {
		return `{status: {phase: Failed, containerStatuses: [{name: task, state: {terminated: ` + state + `}}]}}`
	}
	waits := func(since, state string) string {
		return `{status: {phase: Pending, conditions: [` + since + `], initContainerStatuses: [{name: pawl-input, state: {waiting: ` + state + `}}]}}`
	}
	for name, c := range map[string]struct {
		job, pod string
		want     runnerplugin.Status
	}{
		"no pod yet":       {fresh, "", runnerplugin.Status{State: runnerplugin.Waiting, Reason: "it has no pod yet"}},
		"never a pod":      {old, "", runnerplugin.Status{State: runnerplugin.Failed, Reason: "no machine took it in 24h0m0s: it has no pod yet"}},
		"queued elsewhere": {queued, "", runnerplugin.Status{State: runnerplugin.Waiting, Reason: "its job is suspended"}},
		"called off":       {ended, "", runnerplugin.Status{State: runnerplugin.Lost, Reason: "it was called off"}},
		"called off, ends": {ended, running, runnerplugin.Status{State: runnerplugin.Running}},
		"complete":         {done, "", runnerplugin.Status{State: runnerplugin.Exited}},
		"pod is gone":      {failed, "", runnerplugin.Status{State: runnerplugin.Lost, Reason: "its pod is gone: BackoffLimitExceeded: reached"}},
		"deadline":         {late, "", runnerplugin.Status{State: runnerplugin.Failed, Reason: tookLonger}},
		"unschedulable": {fresh, `{metadata: {creationTimestamp: "2026-01-02T11:59:00Z"}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/3 nodes are available: 3 Insufficient cpu."}]}}`,
			runnerplugin.Status{State: runnerplugin.Waiting, Reason: "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu."}},
		"unschedulable for a day": {fresh, `{metadata: {creationTimestamp: "2026-01-01T11:59:00Z"}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/3 nodes"}]}}`,
			runnerplugin.Status{State: runnerplugin.Failed, Reason: "no machine took it in 24h0m0s: Unschedulable: 0/3 nodes"}},
		"image": {fresh, waits(placed, `{reason: ImagePullBackOff, message: "Back-off pulling image"}`),
			runnerplugin.Status{State: runnerplugin.Waiting, Reason: "ImagePullBackOff: Back-off pulling image"}},
		"image for too long": {fresh, waits(long, `{reason: ImagePullBackOff, message: "Back-off pulling image"}`),
			runnerplugin.Status{State: runnerplugin.Failed, Reason: "it did not begin in 30m0s on its machine: ImagePullBackOff: Back-off pulling image"}},
		"image name": {fresh, waits(placed, `{reason: InvalidImageName, message: "couldn't parse image name"}`),
			runnerplugin.Status{State: runnerplugin.Failed, Reason: "InvalidImageName: couldn't parse image name"}},
		"no input": {fresh, `{status: {phase: Failed, initContainerStatuses: [{name: pawl-input, state: {terminated: {exitCode: 127, message: "sh: cat: not found\n"}}}]}}`,
			runnerplugin.Status{State: runnerplugin.Failed, Reason: "its input could not be handed over, which needs sh and cat in the image: sh: cat: not found"}},
		"runs":                {fresh, running, runnerplugin.Status{State: runnerplugin.Running}},
		"succeeded":           {fresh, `{status: {phase: Succeeded}}`, runnerplugin.Status{State: runnerplugin.Exited}},
		"told before the job": {fresh, end(`{exitCode: 0}`), runnerplugin.Status{State: runnerplugin.Exited}},
		"exit code":           {failed, end(`{exitCode: 3, reason: Error, message: "one\ntwo\n"}`), runnerplugin.Status{State: runnerplugin.Exited, Code: 3, Reason: "two"}},
		"killed":              {failed, end(`{exitCode: 137, reason: Error}`), runnerplugin.Status{State: runnerplugin.Lost, Reason: "it was killed"}},
		"memory": {failed, `{spec: {containers: [{name: task, resources: {limits: {memory: 512Mi}}}]}, status: {phase: Failed, containerStatuses: [{name: task, state: {terminated: {exitCode: 137, reason: OOMKilled}}}]}}`,
			runnerplugin.Status{State: runnerplugin.Failed, Reason: "out of memory: the limit is 512Mi"}},
		"no program": {failed, end(`{exitCode: 128, reason: StartError, message: "no such file or directory"}`),
			runnerplugin.Status{State: runnerplugin.Failed, Reason: "StartError: no such file or directory"}},
		"preempted": {failed, `{status: {phase: Failed, conditions: [{type: DisruptionTarget, status: "True", reason: PreemptionByScheduler, message: "for default/big"}], containerStatuses: [{name: task, state: {terminated: {exitCode: 143, reason: Error}}}]}}`,
			runnerplugin.Status{State: runnerplugin.Lost, Reason: "PreemptionByScheduler: for default/big"}},
		"evicted": {failed, `{status: {phase: Failed, reason: Evicted, message: "The node was low on resource: memory."}}`,
			runnerplugin.Status{State: runnerplugin.Lost, Reason: "Evicted: The node was low on resource: memory."}},
		"evicted for its own disk": {failed, `{status: {phase: Failed, reason: Evicted, message: "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."}}`,
			runnerplugin.Status{State: runnerplugin.Failed, Reason: "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."}},
		"time of the pod": {failed, `{status: {phase: Failed, reason: DeadlineExceeded}}`, runnerplugin.Status{State: runnerplugin.Failed, Reason: tookLonger}},
		"machine is gone": {fresh, `{metadata: {deletionTimestamp: "2026-01-02T11:50:00Z"}, status: {phase: Running, containerStatuses: [{name: task, state: {running: {}}}]}}`,
			runnerplugin.Status{State: runnerplugin.Lost, Reason: "its machine does not answer"}},
		"refused by its machine": {failed, `{status: {phase: Failed, reason: OutOfcpu, message: "Node didn't have enough resource"}}`,
			runnerplugin.Status{State: runnerplugin.Lost, Reason: "OutOfcpu: Node didn't have enough resource"}},
	} {
		var job batchv1.Job
		var pod *corev1.Pod
		if err := yaml.UnmarshalStrict([]byte(c.job), &job); err != nil {
			t.Fatal(err)
		}
		if c.pod != "" {
			pod = new(corev1.Pod)
			if err := yaml.UnmarshalStrict([]byte(c.pod), pod); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		c.want.Name = "j"
		o, err := read(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.status(&job, pod, time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
