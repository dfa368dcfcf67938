package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/pawlhq/pawl/runnerplugin"
)

const (
	// forsaken is how old a pod is whose Job gets no input any more.
	forsaken = time.Minute
	// silence is how long a pod that is to have ended may say nothing, as one does
	// whose machine is gone.
	silence = time.Minute
)

// status returns what has become of the program of a Job, whose pod may be nil.
func (o *options) status(job *batchv1.Job, pod *corev1.Pod, now time.Time) runnerplugin.Status {
	s := runnerplugin.Status{Name: job.Name}
	switch done := condition(job); {
	case pod != nil && ofPod(&s, pod):
	case pod != nil && pod.DeletionTimestamp != nil && now.Sub(pod.DeletionTimestamp.Time) > silence:
		s.State, s.Reason = runnerplugin.Lost, "its machine does not answer"
	case done != nil && done.Type == batchv1.JobComplete:
		s.State = runnerplugin.Exited
	case done != nil && done.Reason == batchv1.JobReasonDeadlineExceeded:
		s.State, s.Reason = runnerplugin.Failed, tookLonger
	case pod != nil && begun(pod):
		s.State = runnerplugin.Running
	case done != nil:
		s.State, s.Reason = runnerplugin.Lost, "its pod is gone: "+said(done.Reason, done.Message)
	case pod != nil && pod.DeletionTimestamp == nil:
		o.waiting(&s, pod, now)
	case pod != nil:
		s.State, s.Reason = runnerplugin.Waiting, "its pod is being deleted"
	case job.Annotations[endNote] != "":
		s.State, s.Reason = runnerplugin.Lost, "it was called off"
	default:
		s.State, s.Reason = runnerplugin.Waiting, "it has no pod yet"
		if job.Spec.Suspend != nil && *job.Spec.Suspend {
			s.Reason = "its job is suspended"
		}
		o.scheduleBy(&s, job.CreationTimestamp.Time, now)
	}
	return s
}

// condition returns what ended a Job, or nil.
func condition(job *batchv1.Job) *batchv1.JobCondition {
	for i := range job.Status.Conditions {
		c := &job.Status.Conditions[i]
		if c.Status == corev1.ConditionTrue && (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) {
			return c
		}
	}
	return nil
}

// finished reports whether a Job has ended.
func finished(job *batchv1.Job) bool { return condition(job) != nil }

const (
	tookLonger = "it took longer than it may"
	tookMemory = "out of memory"
)

// killed is the exit code of what was killed.
const killed = 128 + 9

// ofPod reports whether a pod says that its program has ended, and how.
func ofPod(s *runnerplugin.Status, pod *corev1.Pod) bool {
	task := stateOf(pod.Status.ContainerStatuses, taskContainer).Terminated
	input := stateOf(pod.Status.InitContainerStatuses, inputContainer).Terminated
	switch {
	case task != nil:
		ended(s, pod, task)
	case input != nil && input.ExitCode != 0:
		if ended(s, pod, input); s.State == runnerplugin.Exited {
			s.State, s.Code, s.Reason = runnerplugin.Failed, 0, "its input could not be handed over, which needs sh and cat in the image: "+s.Reason
		}
	case pod.Status.Phase == corev1.PodSucceeded:
		s.State = runnerplugin.Exited
	case pod.Status.Phase == corev1.PodFailed:
		if !judged(s, pod) {
			s.State, s.Reason = runnerplugin.Lost, said(pod.Status.Reason, pod.Status.Message)
		}
	default:
		return false
	}
	return true
}

// ended says how a container did.
func ended(s *runnerplugin.Status, pod *corev1.Pod, t *corev1.ContainerStateTerminated) {
	switch {
	case t.ExitCode == 0:
		s.State = runnerplugin.Exited
	case t.Reason == "OOMKilled":
		s.State, s.Reason = runnerplugin.Failed, tookMemory
		if of := memoryOf(pod); of != "" {
			s.Reason += ": the limit is " + of
		}
	case judged(s, pod):
	case t.Reason == "StartError", t.Reason == "ContainerCannotRun":
		s.State, s.Reason = runnerplugin.Failed, said(t.Reason, t.Message)
	case t.ExitCode == killed, t.Reason == "ContainerStatusUnknown":
		s.State, s.Reason = runnerplugin.Lost, "it was killed"
	default:
		s.State, s.Code, s.Reason = runnerplugin.Exited, int(t.ExitCode), lastLine(t.Message)
	}
}

// memoryOf returns how much memory a task may take, or "".
func memoryOf(pod *corev1.Pod) string {
	for i := range pod.Spec.Containers {
		if c := &pod.Spec.Containers[i]; c.Name == taskContainer {
			if q, ok := c.Resources.Limits[corev1.ResourceMemory]; ok {
				return q.String()
			}
		}
	}
	return ""
}

// interruptions are reasons of pods that were ended although nothing is wrong with them.
var interruptions = []string{"Evicted", "NodeLost", "NodeShutdown", "Shutdown", "Terminated", "Preempting", "NodeAffinity", "UnexpectedAdmissionError"}

// judged reports whether the cluster has ended a pod, and says so: because of what it
// is, or for the sake of others.
func judged(s *runnerplugin.Status, pod *corev1.Pod) bool {
	reason, message := pod.Status.Reason, pod.Status.Message
	switch {
	case reason == "DeadlineExceeded":
		s.State, s.Reason = runnerplugin.Failed, tookLonger
	case reason == "Evicted" && strings.Contains(message, "exceed") && strings.Contains(message, "limit"):
		s.State, s.Reason = runnerplugin.Failed, message
	case slices.Contains(interruptions, reason):
		s.State, s.Reason = runnerplugin.Lost, said(reason, message)
	default:
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
				s.State, s.Reason = runnerplugin.Lost, said(c.Reason, c.Message)
				return true
			}
		}
		return false
	}
	return true
}

func stateOf(list []corev1.ContainerStatus, name string) corev1.ContainerState {
	for i := range list {
		if list[i].Name == name {
			return list[i].State
		}
	}
	return corev1.ContainerState{}
}

// begun reports whether the task of a pod has.
func begun(pod *corev1.Pod) bool {
	return stateOf(pod.Status.ContainerStatuses, taskContainer).Running != nil
}

// hopeless are reasons for which a container never begins.
var hopeless = []string{"InvalidImageName", "ErrImageNeverPull"}

// waiting says why a pod does not run yet. One that never will has failed.
func (o *options) waiting(s *runnerplugin.Status, pod *corev1.Pod, now time.Time) {
	s.State = runnerplugin.Waiting
	placed := placedAt(pod)
	if placed.IsZero() {
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodScheduled {
				s.Reason = said(c.Reason, c.Message)
			}
		}
		o.scheduleBy(s, pod.CreationTimestamp.Time, now)
		return
	}
	for _, list := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range list {
			w := list[i].State.Waiting
			switch {
			case w == nil:
			case slices.Contains(hopeless, w.Reason):
				s.State, s.Reason = runnerplugin.Failed, said(w.Reason, w.Message)
				return
			case s.Reason == "" && w.Reason != "PodInitializing":
				s.Reason = said(w.Reason, w.Message)
			}
		}
	}
	if now.Sub(placed) > o.startWithin {
		s.State, s.Reason = runnerplugin.Failed, fmt.Sprintf("it did not begin in %v on its machine: %s", o.startWithin, s.Reason)
	}
}

// scheduleBy fails what no machine takes for too long.
func (o *options) scheduleBy(s *runnerplugin.Status, since, now time.Time) {
	if now.Sub(since) > o.scheduledWithin {
		s.State, s.Reason = runnerplugin.Failed, fmt.Sprintf("no machine took it in %v: %s", o.scheduledWithin, s.Reason)
	}
}

// placedAt returns when a pod got its machine, or zero.
func placedAt(pod *corev1.Pod) time.Time {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionTrue {
			return c.LastTransitionTime.Time
		}
	}
	return time.Time{}
}

// waitsForInput reports whether a pod is on a machine for so long, without having begun
// anything, that its Job may have no Secret.
func waitsForInput(pod *corev1.Pod, now time.Time) bool {
	if pod == nil || pod.Status.Phase != corev1.PodPending || pod.DeletionTimestamp != nil {
		return false
	}
	placed := placedAt(pod)
	first := stateOf(pod.Status.InitContainerStatuses, inputContainer)
	return !placed.IsZero() && now.Sub(placed) > forsaken && first.Running == nil && first.Terminated == nil
}

// said joins a reason and what there is to say of it.
func said(reason, message string) string {
	message = lastLine(message)
	if reason == "" || message == "" {
		return cmp.Or(reason, message)
	}
	return reason + ": " + message
}

// lastLine returns the last line of a text.
func lastLine(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
