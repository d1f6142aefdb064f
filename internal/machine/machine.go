// Package machine says how much memory this machine has for runs.
package machine

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// usualMemory is the budget of the service where the machine does not say how much memory
// it has.
const usualMemory = 1 << 30

// Budget is the memory that the runs of a service may need together if the settings do
// not say: three quarters of what its control group may have, or half of the machine's.
// system is the root of the file system.
func Budget(system fs.FS) int64 {
	total := memoryOf(system)
	limit := groupLimit(system)
	switch {
	case limit < total:
		return limit / 4 * 3
	case total < math.MaxInt64:
		return total / 2
	}
	return usualMemory
}

// Memory is the memory that the machine or its control group has, in bytes. system is the root of
// the file system.
func Memory(system fs.FS) int64 { return min(memoryOf(system), groupLimit(system)) }

// memoryOf is the memory of the machine in bytes.
func memoryOf(system fs.FS) int64 {
	content, err := fs.ReadFile(system, "proc/meminfo")
	if err != nil {
		return math.MaxInt64
	}
	for line := range strings.Lines(string(content)) {
		if rest, is := strings.CutPrefix(line, "MemTotal:"); is {
			if kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64); err == nil {
				return kilobytes << 10
			}
		}
	}
	return math.MaxInt64
}

// groupLimit is the memory that the control group of the process may have in bytes, or one
// of those above it: of version 2 (memory.max) or 1 (memory.limit_in_bytes).
func groupLimit(system fs.FS) int64 {
	limit := int64(math.MaxInt64)
	content, err := fs.ReadFile(system, "proc/self/cgroup")
	if err != nil {
		return limit
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		root, file := "", ""
		switch {
		case fields[0] == "0" && fields[1] == "":
			root, file = "sys/fs/cgroup", "memory.max"
		case strings.Contains(","+fields[1]+",", ",memory,"):
			root, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		// In a container the group's own path may not be there, but what is at the root is its.
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			limit = min(limit, limitIn(system, path.Join(root, group, file)))
			if group == "/" {
				break
			}
		}
	}
	return limit
}

// limitIn is the limit that a file holds; none if there is none.
func limitIn(system fs.FS, name string) int64 {
	content, err := fs.ReadFile(system, name)
	if err != nil {
		return math.MaxInt64
	}
	bytes, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	if err != nil || bytes <= 0 {
		return math.MaxInt64 // "max"
	}
	return bytes
}
