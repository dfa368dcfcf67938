package python_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
)

func TestShellScriptRunsByItsClient(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"clients.py": `
import subprocess
from ploomber.clients import ShellClient
def strict(): return ShellClient("bash -e -u {{path_to_code}} 'one word'")
def captured(): return ShellClient(subprocess_run_kwargs={"stdout": subprocess.PIPE, "stderr": subprocess.PIPE})
def shell(): return ShellClient("X=7 bash {{ path_to_code }}", {"shell": True, "cwd": "/"})
def finish(product, client): print("finished", product, client)
`})
	h, _ := host(t, dir)
	task := func(code, client string) python.Task {
		task := python.Task{Family: "shell", Class: "ShellScript", Name: "task", Code: code, Product: file(filepath.Join(dir, "out"))}
		if client != "" {
			task.Client = call(client)
		}
		return task
	}
	for _, tt := range []struct{ code, client, want string }{
		{"echo $0 $1 | sed 's/.*sh/script/'; false; echo on\n", "", "script\non\n"},
		{"echo $1; echo $#", "clients.strict", "one word\n1\n"},
		{"echo out; echo err >&2", "clients.captured", "out\nerr\n"},
		{"echo $X $PWD", "clients.shell", "7 /\n"},
	} {
		if got := done(t, h, task(tt.code, tt.client)); got != tt.want {
			t.Errorf("%s: %q printed %q, want %q", tt.client, tt.code, got, tt.want)
		}
	}
	refused(t, h, task("exit 3", ""), "RuntimeError: the script has ended with status 3")
	refused(t, h, task("false; echo on", "clients.strict"), "status 1")
	hooked := task("true", "clients.strict")
	hooked.OnFinish = call("clients.finish")
	if got, want := done(t, h, hooked), "finished "+filepath.Join(dir, "out")+" ShellClient(\"bash -e -u {{path_to_code}} 'one word'\")\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// paramiko stands in for the library: its machine is a folder of this one, and
// what it is asked for is printed.
const paramiko = `
import os, subprocess
class AutoAddPolicy: pass
class File:
    def __init__(self, path, mode): self.file = open(path, mode + "b")
    def __enter__(self): return self
    def __exit__(self, *error): self.file.close()
    def read(self): return self.file.read()
    def write(self, text): self.file.write(text.encode())
class SFTP:
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def open(self, path, mode="r"): return File(path, mode)
    def remove(self, path): os.remove(path)
class Channel:
    def __init__(self, process): self.process = process
    def recv_exit_status(self): return self.process.wait()
class Lines:
    def __init__(self, process):
        self.lines, self.channel = process.stdout, Channel(process)
    def __iter__(self): return iter(self.lines)
class SSHClient:
    active = True
    def load_system_host_keys(self): print("loads keys")
    def set_missing_host_key_policy(self, policy): print(type(policy).__name__)
    def connect(self, **keywords): print("connects to", keywords)
    def get_transport(self): return self
    def is_active(self): return self.active
    def open_sftp(self): return SFTP()
    def exec_command(self, line, get_pty): 
        process = subprocess.Popen(line, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return None, Lines(process), None
    def close(self): print("closes")
`

func TestShellScriptRunsOnAnotherMachine(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"paramiko.py": paramiko, "there/data.txt": "é", "clients.py": `
from ploomber.clients import RemoteShellClient
def remote(): return RemoteShellClient({"hostname": "there"}, path_to_directory="there", run_template="bash {{path_to_code}} word")
def finish(client):
    print(client.read_file("there/data.txt"), client.execute("echo again")["stdout"])
    client.connection.active = False
    client.write_to_file("new", "there/data.txt")
`})
	h, _ := host(t, dir)
	task := python.Task{
		Family: "shell", Class: "ShellScript", Name: "task", Code: "echo out $1; echo err >&2", Product: file(filepath.Join(dir, "out")),
		Client: call("clients.remote"), OnFinish: call("clients.finish"),
	}
	const connects = "loads keys\nAutoAddPolicy\nconnects to {'hostname': 'there'}\n"
	want := connects + "out word\nerr\nagain\né again\n\n" + connects + "closes\n"
	if got := done(t, h, task); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if diff := cmp.Diff(map[string]string{"data.txt": "new"}, tree(t, filepath.Join(dir, "there"))); diff != "" {
		t.Error("on the other machine", diff)
	}
	task.Code, task.OnFinish = "exit 4", nil
	refused(t, h, task, "returned non-zero exit status 4")
	bare, _ := host(t, project(t, map[string]string{"clients.py": read(t, dir, "clients.py"), "paramiko.py": "raise ImportError"}))
	refused(t, bare, task, "RemoteShellClient needs paramiko: `pip install paramiko`")
}

func TestUploadToS3SendsAFile(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"boto3.py": `
class Client:
    def __init__(self, **keywords): print(keywords)
    def upload_file(self, path, bucket, key, more):
        print(open(path).read(), bucket, key, more)
        if bucket == "closed": raise OSError("AccessDenied")
def client(service, **keywords):
    print(service)
    return Client(**keywords)
`, "data.txt": "some text"})
	h, _ := host(t, dir)
	task := python.Task{
		Family: "upload", Class: "UploadToS3", Name: "task", Code: filepath.Join(dir, "data.txt"),
		Product: python.Products{Items: []python.Product{{Class: "GenericProduct", Name: "path/key.txt"}}},
		Options: params.Of("bucket", "open", "client_kwargs", params.Of("region_name", "eu"), "upload_file_kwargs", nil),
	}
	if got, want := done(t, h, task), "s3\n{'region_name': 'eu'}\nsome text open path/key.txt {}\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	task.Options = params.Of("bucket", "closed")
	refused(t, h, task, "OSError: AccessDenied")
	bare, _ := host(t, project(t, map[string]string{"boto3.py": "raise ImportError"}))
	refused(t, bare, task, "task 'task' uploads to S3, which needs boto3: `pip install boto3`")
}
