//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pod is a pod on the cluster's machine.
type pod struct {
	corev1.Pod
	ending chan struct{} // closed once it is to end
	once   sync.Once
}

// delete asks a pod to end.
func (p *pod) delete() {
	p.once.Do(func() {
		p.DeletionTimestamp = new(metav1.NewTime(time.Now().Add(time.Duration(*p.Spec.TerminationGracePeriodSeconds) * time.Second)))
		close(p.ending)
	})
}

// control does what the controller of Jobs does with one that has changed.
func (c *cluster) control(job *batchv1.Job) {
	defer c.changed.Broadcast()
	p := c.pods[job.Name]
	switch suspended := job.Spec.Suspend != nil && *job.Spec.Suspend; {
	case finished(job):
	case suspended && p != nil:
		p.delete()
	case !suspended && p == nil:
		c.begin(job)
	}
}

// begin makes the pod of a Job, which begins at once.
func (c *cluster) begin(job *batchv1.Job) {
	p := &pod{ending: make(chan struct{})}
	p.Name, p.Spec = job.Name+"-abcde", *job.Spec.Template.Spec.DeepCopy()
	c.meta(&p.ObjectMeta)
	p.Labels = with(job.Spec.Template.Labels, map[string]string{"batch.kubernetes.io/job-name": job.Name})
	p.Status.Phase = corev1.PodPending
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now()}}
	c.pods[job.Name] = p
	c.running.Go(func() { c.live(job.Name, p) })
}

// live runs a pod to its end.
func (c *cluster) live(job string, p *pod) {
	places, ok := c.volumes(p)
	if ok {
		ok = c.contain(p, places)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Broadcast()
	if p.Status.Phase = corev1.PodFailed; ok {
		p.Status.Phase = corev1.PodSucceeded
	}
	of := c.jobs[job]
	if of == nil || p.DeletionTimestamp != nil {
		delete(c.pods, job)
		return
	}
	done := batchv1.JobCondition{Type: batchv1.JobFailed, Status: corev1.ConditionTrue, Reason: "BackoffLimitExceeded", Message: "Job has reached the specified backoff limit"}
	if ok {
		done = batchv1.JobCondition{Type: batchv1.JobComplete, Status: corev1.ConditionTrue, Reason: "CompletionsReached"}
	}
	of.Status.Conditions = append(of.Status.Conditions, done)
}

// volumes makes the volumes of a pod, once there is what they are made of.
func (c *cluster) volumes(p *pod) (places map[string]string, ok bool) {
	root := filepath.Join(c.dir, string(p.UID))
	places = make(map[string]string)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range p.Spec.Volumes {
		places[v.Name] = filepath.Join(root, v.Name)
		if err := os.MkdirAll(places[v.Name], 0o700); err != nil {
			c.Error(err)
		}
		if v.Secret == nil {
			continue
		}
		for c.secrets[v.Secret.SecretName] == nil {
			if p.DeletionTimestamp != nil {
				return nil, false
			}
			c.changed.Wait()
		}
		for name, text := range c.secrets[v.Secret.SecretName].Data {
			if err := os.WriteFile(filepath.Join(places[v.Name], name), text, 0o400); err != nil {
				c.Error(err)
			}
		}
	}
	return places, true
}

// contain runs the containers of a pod one after the other.
func (c *cluster) contain(p *pod, places map[string]string) bool {
	for i := range p.Spec.InitContainers {
		if !c.container(p, &p.Spec.InitContainers[i], &p.Status.InitContainerStatuses, places) {
			return false
		}
	}
	return c.container(p, &p.Spec.Containers[0], &p.Status.ContainerStatuses, places)
}

// container runs a container as a process. What it finds in volumes is where they are.
func (c *cluster) container(p *pod, of *corev1.Container, told *[]corev1.ContainerStatus, places map[string]string) bool {
	c.mu.Lock()
	*told = append(*told, corev1.ContainerStatus{Name: of.Name})
	state := &(*told)[len(*told)-1].State
	select {
	case <-p.ending:
		c.mu.Unlock()
		return false
	default:
	}
	c.mu.Unlock()
	words := append(append([]string{}, of.Command...), of.Args...)
	for i, word := range words {
		words[i] = expand(word)
		for _, m := range of.VolumeMounts {
			if rest, ok := strings.CutPrefix(words[i], m.MountPath+"/"); ok {
				words[i] = filepath.Join(places[m.Name], rest)
			}
		}
	}
	file := filepath.Join(c.dir, string(p.UID), of.Name+".log")
	output, err := os.Create(file)
	if err != nil {
		c.Error(err)
		return false
	}
	defer func() { _ = output.Close() }() // the process has its own
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = output, output, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		c.told(state, &corev1.ContainerStateTerminated{ExitCode: 128, Reason: "StartError", Message: err.Error()})
		return false
	}
	c.mu.Lock()
	*state = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
	if len(p.Status.ContainerStatuses) > 0 {
		p.Status.Phase = corev1.PodRunning
	}
	c.changed.Broadcast()
	c.mu.Unlock()
	end := c.wait(p, cmd)
	if end.ExitCode != 0 {
		end.Message = lines(file)
	}
	c.told(state, end)
	return end.ExitCode == 0
}

func (c *cluster) told(state *corev1.ContainerState, end *corev1.ContainerStateTerminated) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*state = corev1.ContainerState{Terminated: end}
	c.changed.Broadcast()
}

// wait waits for a process, which is asked to end once its pod is, and killed after its
// grace period.
func (c *cluster) wait(p *pod, cmd *exec.Cmd) *corev1.ContainerStateTerminated {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ending, late := p.ending, (<-chan time.Time)(nil)
	var err error
	for over := false; !over; {
		select {
		case err = <-ended:
			over = true
		case <-ending:
			ending, late = nil, time.After(time.Duration(*p.Spec.TerminationGracePeriodSeconds)*time.Second)
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		case <-late:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		}
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has left
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &corev1.ContainerStateTerminated{Reason: "Completed"}
	case !errors.As(err, &exit):
		c.Error(err)
	}
	code := exit.ExitCode()
	if by, ok := exit.Sys().(syscall.WaitStatus); ok && by.Signaled() {
		code = 128 + int(by.Signal())
	}
	return &corev1.ContainerStateTerminated{ExitCode: int32(code), Reason: "Error"}
}
