package machine

import (
	"testing"
	"testing/fstest"
)

func TestS1TheBudgetIsThatOfTheMachineOrItsControlGroup(t *testing.T) {
	const memory = "MemTotal:        8388608 kB\nMemFree: 1 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is known": {nil, usualMemory},
		"a machine":        {map[string]string{"proc/meminfo": memory}, 4 << 30},
		"version 2": {map[string]string{"proc/meminfo": memory, "proc/self/cgroup": "0::/system.slice/batch-serve.service\n",
			"sys/fs/cgroup/system.slice/batch-serve.service/memory.max": "1073741824\n",
			"sys/fs/cgroup/system.slice/memory.max":                     "max\n"}, 768 << 20},
		"version 2, above": {map[string]string{"proc/meminfo": memory, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/memory.max":   "2147483648\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n"}, 1536 << 20},
		"a container": {map[string]string{"proc/meminfo": memory, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "536870912\n"}, 384 << 20},
		"version 1": {map[string]string{"proc/meminfo": memory, "proc/self/cgroup": "12:cpuset:/\n4:memory:/docker/x\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n"}, 384 << 20},
		"version 1, no limit": {map[string]string{"proc/meminfo": memory, "proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 4 << 30},
	} {
		system := fstest.MapFS{}
		for file, content := range c.files {
			system[file] = &fstest.MapFile{Data: []byte(content)}
		}
		if got := Budget(system); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
