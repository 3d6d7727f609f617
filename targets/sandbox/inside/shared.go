package inside

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe/proctree"
)

// Shared memory and files in memory belong to no process, and no resource limit
// counts them: memfd_create(2), shmem in mmap(2). A control group does. Without
// one, init looks how much of it the machine has more than when the host began;
// past the limit it looks whether the tree holds it.

// sharedOnMachine is how much memory of the whole machine is shared, in bytes.
func sharedOnMachine() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(info.Sharedram) * int64(info.Unit)
}

// mostLooked bounds how many processes one look at shared memory takes in.
const mostLooked = 1024

// segmentsNow is how much memory the System V segments of the IPC namespace of table
// hold, attached or not: /proc/sysvipc/shm, opened on the host's thread. 0 without one.
func segmentsNow(table *os.File) int64 {
	if table == nil {
		return 0
	}
	text, err := io.ReadAll(io.NewSectionReader(table, 0, mostSegments))
	if err != nil {
		return 0
	}
	return residentSegments(string(text))
}

// mostSegments bounds what is read of the table: 4,096 segments, SHMMNI, have 600 KiB.
const mostSegments = 1 << 20

// residentSegments adds the column rss of proc_sysvipc_shm(5).
func residentSegments(table string) (total int64) {
	column := -1
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if column < 0 {
			column = slices.Index(fields, "rss")
			if column < 0 {
				return 0
			}
			continue
		}
		if column < len(fields) {
			bytes, _ := strconv.ParseInt(fields[column], 10, 64)
			total += bytes
		}
	}
	return total
}

// sharedBelow is how much shared memory the processes below root have mapped, and
// how much is in files without a name that they hold open. What is both counts
// twice.
func sharedBelow(root int) int64 {
	var total int64
	type inode struct{ device, number uint64 }
	files := map[inode]int64{}
	for _, pid := range proctree.Descendants(root, mostLooked) {
		dir := "/proc/" + strconv.Itoa(pid)
		total += sharedOf(dir + "/status")
		list, _ := os.ReadDir(dir + "/fd") // of one that has ended there is none
		for _, entry := range list {
			var stat unix.Stat_t
			if unix.Stat(dir+"/fd/"+entry.Name(), &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFREG && stat.Nlink == 0 {
				files[inode{stat.Dev, stat.Ino}] = stat.Blocks * blockBytes
			}
		}
	}
	for _, bytes := range files {
		total += bytes
	}
	return total
}

// blockBytes is the unit of st_blocks, stat(3type).
const blockBytes = 512

// sharedOf reads RssShmem of proc_pid_status(5), in bytes.
func sharedOf(path string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	var kilobytes int64
	line, _ := proc.Line(text, "RssShmem")
	_, _ = fmt.Sscan(string(line), &kilobytes) // 0 on a kernel without it
	return kilobytes << 10
}
