package kafkatest

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrMissing says that no broker can be started, as there is none.
var ErrMissing = errors.New("there is no Kafka to test with: `make deps` fetches one where Java and Maven are installed, or set " + Variable)

//go:embed testdata/pom.xml
var pom []byte

// runtime is what a broker runs with.
type runtime struct{ java, classes string }

// libraries finds Java, and what `make deps` fetched.
func libraries() (runtime, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return runtime{}, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return runtime{}, err
	}
	sum := sha256.Sum256(pom)
	folder := filepath.Join(cache, "pawl-test", "kafka-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(filepath.Join(folder, ".complete")); err != nil {
		return runtime{}, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return runtime{java: java, classes: filepath.Join(folder, "*")}, nil
}

// program returns one of Kafka's programs, made for a short life on little
// memory.
func (r runtime) program(class string, args ...string) *exec.Cmd {
	return exec.Command(r.java, append([]string{
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", r.classes, class,
	}, args...)...)
}

// broker is one of a cluster, and one of its controllers.
type broker struct {
	runtime
	id, port, guarded int
	dir               string

	process *exec.Cmd
	ended   chan struct{} // closed once the process has
	guard   *exec.Cmd
	word    io.WriteCloser // to the guard
}

func (b *broker) address() string    { return fmt.Sprintf("127.0.0.1:%d", b.port) }
func (b *broker) log() string        { return filepath.Join(b.dir, "output") }
func (b *broker) properties() string { return filepath.Join(b.dir, "properties") }

// cluster is the id of all clusters: they never meet.
const cluster = "cGF3bC1rYWZrYS10ZXN0cw"

// format writes the settings of the broker, and what it keeps before it has
// started.
func (b *broker) format(controller int, voters []string) error {
	if err := os.Mkdir(b.dir, 0o777); err != nil {
		return err
	}
	copies := min(len(voters), 3)
	settings := []string{
		"process.roles=broker,controller",
		fmt.Sprintf("node.id=%d", b.id),
		"controller.quorum.voters=" + strings.Join(voters, ","),
		fmt.Sprintf("listeners=PLAINTEXT://%s,GUARDED://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d", b.address(), b.guarded, controller),
		"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,GUARDED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name=PLAINTEXT",
		"controller.listener.names=CONTROLLER",
		"listener.name.guarded.sasl.enabled.mechanisms=PLAIN",
		fmt.Sprintf("listener.name.guarded.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=%q;", User, Password),
		"log.dirs=" + filepath.Join(b.dir, "data"),
		"auto.create.topics.enable=false",
		"log.cleaner.dedupe.buffer.size=4194304",
		"group.initial.rebalance.delay.ms=0",
		"group.min.session.timeout.ms=500",
		"offsets.topic.num.partitions=1",
		"transaction.state.log.num.partitions=1",
		fmt.Sprintf("min.insync.replicas=%d", (copies+1)/2),
		fmt.Sprintf("offsets.topic.replication.factor=%d", copies),
		fmt.Sprintf("transaction.state.log.replication.factor=%d", copies),
		fmt.Sprintf("transaction.state.log.min.isr=%d", (copies+1)/2),
	}
	if err := os.WriteFile(b.properties(), []byte(strings.Join(settings, "\n")), 0o666); err != nil {
		return err
	}
	format := b.program("kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", b.properties())
	if out, err := format.CombinedOutput(); err != nil {
		return fmt.Errorf("format the folder of a broker: %w\n%s", err, out)
	}
	return nil
}

// start starts the broker, and with it a guard that ends it and removes its
// files once this process has ended, in whatever way.
func (b *broker) start() error {
	log, err := os.OpenFile(b.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	b.process = b.program("kafka.Kafka", b.properties())
	b.process.Stdout, b.process.Stderr = log, log
	if err := errors.Join(b.process.Start(), log.Close()); err != nil {
		b.process = nil
		return err
	}
	ended := make(chan struct{})
	b.ended = ended
	go func() { // kill waits for it
		defer close(ended)
		_ = b.process.Wait() // it is killed, or answers say that it has ended
	}()
	const script = `trap '' INT TERM QUIT; read -r line && exit; kill -9 "$1"; rm -rf "$2"; rmdir "${2%/*}"`
	b.guard = exec.Command("/bin/sh", "-c", script, "guard", fmt.Sprint(b.process.Process.Pid), b.dir)
	if b.word, err = b.guard.StdinPipe(); err != nil {
		return errors.Join(err, b.kill())
	}
	if err := b.guard.Start(); err != nil {
		b.guard = nil
		return errors.Join(err, b.kill())
	}
	return nil
}

// kill ends the broker, if it runs, and keeps its files.
func (b *broker) kill() error {
	if b.process == nil {
		return nil
	}
	err := b.process.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-b.ended
	b.process = nil
	if b.guard == nil {
		return err
	}
	_, wrote := io.WriteString(b.word, "done\n")
	err = errors.Join(err, wrote, b.word.Close(), b.guard.Wait())
	b.guard = nil
	return err
}
