package observe

import "golang.org/x/sys/unix"

// Count counts the descendants of a process, zombies included, and stops at
// limit. It reads nothing but who is whose child, so it is cheap. A process
// that is gone has none.
func Count(root, limit int) int { return len(Descendants(root, limit)) }

// Descendants lists the pids of the descendants of a process, parents before
// children, zombies included, at most limit of them.
func Descendants(root, limit int) []int {
	r := procReader{root: "/proc"}
	below := r.below
	if !r.keepsChildren() {
		parents, err := r.scanParents()
		if err != nil {
			return nil
		}
		below = func(pid, _ int) []int { return parents[pid] }
	}
	return descendants(root, limit, below)
}

// descendants walks the tree that below spans.
func descendants(root, limit int, below func(pid, limit int) []int) []int {
	seen := map[int]bool{root: true}
	var list []int
	for next, pid := 0, root; ; next++ {
		for _, child := range below(pid, limit) {
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

// below gives the children of a process by its pid.
func (r *procReader) below(pid, limit int) []int {
	dir, err := r.openProcess(pid)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(dir) }()
	list, _ := r.children(dir, pid, 2, limit, nil)
	return list
}
