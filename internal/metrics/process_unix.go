//go:build unix

package metrics

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// appendProcess appends what the system says of the process. What it does not
// say is left out.
func appendProcess(dst []byte) []byte {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil {
		spent := float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
		dst = head{"process_cpu_seconds_total", "Time of processors that was used.", "counter"}.alone(dst, spent)
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		dst = head{"process_max_fds", "Files that may be open.", "gauge"}.alone(dst, float64(limit.Cur))
	}
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) == nil {
		dst = head{"process_virtual_memory_max_bytes", "Bytes of addresses that may be in use.", "gauge"}.alone(dst, float64(limit.Cur))
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		dst = head{"process_open_fds", "Files that are open.", "gauge"}.alone(dst, float64(len(open)))
	}
	if virtual, resident, ok := pages(); ok {
		size := float64(os.Getpagesize())
		dst = head{"process_virtual_memory_bytes", "Bytes of addresses that are in use.", "gauge"}.alone(dst, virtual*size)
		dst = head{"process_resident_memory_bytes", "Bytes of memory that are in use.", "gauge"}.alone(dst, resident*size)
	}
	return dst
}

// pages returns how many pages of memory the process has, where the system is
// Linux.
func pages() (virtual, resident float64, ok bool) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, 0, false
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, 0, false
	}
	virtual, err = strconv.ParseFloat(string(fields[0]), 64)
	if err != nil {
		return 0, 0, false
	}
	resident, err = strconv.ParseFloat(string(fields[1]), 64)
	return virtual, resident, err == nil
}
