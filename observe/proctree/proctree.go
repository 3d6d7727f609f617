// Package proctree lists the descendants of a process. It reads nothing else of a
// process, and imports nothing but the parser of /proc: the inits of package
// sandbox, which are started often, begin before most other packages are
// initialised.
package proctree

import (
	"os"
	"strconv"

	"github.com/forkproof/forkproof/internal/proc"
)

// Count returns how many descendants a process has, zombies included, and stops at
// limit. A process that is gone has none.
func Count(root, limit int) int { return len(Descendants(root, limit)) }

// Descendants lists the pids of the descendants of a process, parents before
// children, zombies included, at most limit of them.
func Descendants(root, limit int) []int {
	children := childrenOf
	if _, err := os.Stat("/proc/thread-self/children"); err != nil {
		all := scanParents()
		children = func(pid int) []int { return all[pid] }
	}
	return descendants(root, limit, children)
}

// ChildrenOfFirstThread lists the children of the first thread of a process, in the
// order in which they came to it, zombies included. Orphans that a process adopts
// come to its first thread. On a kernel without proc_tid_children(5) it lists none.
func ChildrenOfFirstThread(pid int) []int {
	return childrenFile("/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(pid) + "/children")
}

// descendants walks the tree that children spans.
func descendants(root, limit int, children func(pid int) []int) []int {
	seen := map[int]bool{root: true}
	var list []int
	for next, pid := 0, root; ; next++ {
		for _, child := range children(pid) {
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

// childrenOf lists the children of a process. A child belongs to the thread that
// forked it, so every thread is asked, proc_tid_children(5).
func childrenOf(pid int) []int {
	var list []int
	tasks := "/proc/" + strconv.Itoa(pid) + "/task/"
	for _, tid := range numbers(tasks) {
		list = append(list, childrenFile(tasks+strconv.Itoa(tid)+"/children")...)
	}
	return list
}

// childrenFile lists the pids in a children file; none when its thread has ended:
// the children then have another thread for parent.
func childrenFile(path string) []int {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return proc.AppendPIDs(nil, text, len(text))
}

// scanParents lists the children of every process of the machine, for kernels
// without proc_tid_children(5).
func scanParents() map[int][]int {
	children := map[int][]int{}
	for _, pid := range numbers("/proc") {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue // ended meanwhile
		}
		if stat, err := proc.ParseStat(text); err == nil {
			children[stat.Parent] = append(children[stat.Parent], pid)
		}
	}
	return children
}

// numbers lists the entries of a directory that are numbers.
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
