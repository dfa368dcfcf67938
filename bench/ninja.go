package main

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// ninjaProject writes a graph for ninja that makes the same files, and a log as
// if it had made them just now.
func ninjaProject(dir string, n int) error {
	var graph, log strings.Builder
	graph.WriteString("rule make\n  command = cat $in > $out\n")
	log.WriteString("# ninja log v5\n")
	at := time.Now().UnixNano()
	for i := range n {
		var in []string
		for _, up := range needs(i) {
			in = append(in, productOf(up))
		}
		inputs := strings.Join(in, " ")
		fmt.Fprintf(&graph, "build %s: make %s\n", productOf(i), inputs)
		fmt.Fprintf(&log, "%d\t%d\t%d\t%s\t%x\n", i, i+1, at, productOf(i), murmur("cat "+inputs+" > "+productOf(i)))
	}
	if err := put(filepath.Join(dir, "build.ninja"), []byte(graph.String())); err != nil {
		return err
	}
	return put(filepath.Join(dir, ".ninja_log"), []byte(log.String()))
}

// murmur is MurmurHash64A, by which ninja knows commands.
func murmur(text string) uint64 {
	const mix, shift = 0xc6a4a7935bd1e995, 47
	h := 0xDECAFBADDECAFBAD ^ uint64(len(text))*mix
	for ; len(text) >= 8; text = text[8:] {
		k := binary.LittleEndian.Uint64([]byte(text[:8])) * mix
		h = (h ^ (k^k>>shift)*mix) * mix
	}
	if text != "" {
		var rest [8]byte
		copy(rest[:], text)
		h = (h ^ binary.LittleEndian.Uint64(rest[:])) * mix
	}
	h = (h ^ h>>shift) * mix
	return h ^ h>>shift
}
