// Package proctree tells who descends from whom. It reads nothing else of a process,
// and needs nothing but the operating system: the keepers of package sandbox,
// which are started often, begin before most other packages are initialised.
package proctree

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// Count counts the descendants of a process, zombies included, and stops at
// limit. A process that is gone has none.
func Count(root, limit int) int { return len(Descendants(root, limit)) }

// Descendants lists the pids of the descendants of a process, parents before
// children, zombies included, at most limit of them.
func Descendants(root, limit int) []int {
	below := childrenOf
	if _, err := os.Stat("/proc/thread-self/children"); err != nil {
		children := everybody()
		below = func(pid int) []int { return children[pid] }
	}
	return descendants(root, limit, below)
}

// OfFirstThread lists the children of the first thread of a process, in the
// order in which they came to it, zombies included. Orphans that a process
// adopts come to its first thread. On a kernel without proc_tid_children(5) it
// lists none.
func OfFirstThread(pid int) []int {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(pid) + "/children")
	if err != nil {
		return nil
	}
	return pidsIn(text)
}

// descendants walks the tree that below spans.
func descendants(root, limit int, below func(pid int) []int) []int {
	seen := map[int]bool{root: true}
	var list []int
	for next, pid := 0, root; ; next++ {
		for _, child := range below(pid) {
			if len(list) >= limit {
				return list
			}
			if !seen[child] {
				seen[child] = true
				list = append(list, child)
			}
		}
		if next == len(list) {
			return list
		}
		pid = list[next]
	}
}

// childrenOf gives the children of a process. They belong to the thread that
// forked them, so every thread is asked: proc_tid_children(5).
func childrenOf(pid int) []int {
	var list []int
	tasks := "/proc/" + strconv.Itoa(pid) + "/task/"
	for _, tid := range numbers(tasks) {
		text, err := os.ReadFile(tasks + strconv.Itoa(tid) + "/children")
		if err != nil {
			continue // it ended: its children have another thread for parent
		}
		list = append(list, pidsIn(text)...)
	}
	return list
}

func pidsIn(text []byte) []int {
	var list []int
	for _, field := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(field); err == nil {
			list = append(list, pid)
		}
	}
	return list
}

// everybody lists the children of every process of the machine, for kernels
// without proc_tid_children(5).
func everybody() map[int][]int {
	children := map[int][]int{}
	for _, pid := range numbers("/proc") {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue // ended meanwhile
		}
		if parent, ok := parentIn(stat); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	return children
}

// parentIn reads the parent from a line of proc_pid_stat(5). The name before
// it may hold anything, brackets too.
func parentIn(stat []byte) (pid int, ok bool) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 2 {
		return 0, false
	}
	pid, err := strconv.Atoi(string(fields[1]))
	return pid, err == nil
}

// numbers gives the entries of a directory that are numbers.
func numbers(path string) []int {
	dir, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1) // what was read before an error counts
	var list []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			list = append(list, n)
		}
	}
	return list
}
