package hostiletest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A listing is what is on the testbed's machine, a line for each thing.
type listing map[string]bool

// inventory lists processes, mounts, cgroups, files, ipc objects, abstract
// sockets, and settings of the kernel. It is empty where the isolation does not
// contain the server.
func (j job) inventory() (listing, error) {
	found := listing{}
	if j.Uncontained {
		return found, nil
	}
	found.settings()
	found.table("/proc/self/mountinfo", "mount")
	for _, kind := range []string{"shm", "sem", "msg"} {
		found.table("/proc/sysvipc/"+kind, "System V "+kind)
	}
	found.table("/proc/net/unix", "unix socket", "@")
	for _, cgroup := range j.Cgroups {
		if err := found.files(cgroup, "cgroup", func(d fs.DirEntry) bool { return d.IsDir() }); err != nil {
			return nil, err
		}
	}
	anything := func(fs.DirEntry) bool { return true }
	for _, root := range []string{"/tmp", "/dev", j.layer + "/."} {
		if err := found.files(root, "file", anything); err != nil {
			return nil, err
		}
	}
	return found, found.processes()
}

// differences returns the lines that are in only one of two listings.
func (before listing) differences(after listing) []string {
	var list []string
	for line := range after {
		if !before[line] {
			list = append(list, "now there: "+line)
		}
	}
	for line := range before {
		if !after[line] {
			list = append(list, "gone: "+line)
		}
	}
	slices.Sort(list)
	return list
}

// table adds the lines of a file in /proc that contain all of the words.
func (l listing) table(path, what string, words ...string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return // a kernel without these objects
	}
	for _, line := range lines(string(data)) {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			l[what+" "+line] = true
		}
	}
}

// files adds a folder and what is below it: a file with its size, owner and mode,
// a small file also with a checksum of its text.
func (l listing) files(root, what string, wanted func(fs.DirEntry) bool) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !wanted(entry) || path == "/dev/fd" {
			return nil //nolint:nilerr // it is gone, or there is no such folder
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // likewise
		}
		line := fmt.Sprintf("%s %s %v", what, strings.TrimPrefix(path, root+"/."), info.Mode())
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			line += fmt.Sprintf(" uid %d", stat.Uid)
		}
		if info.Mode().IsRegular() && what == "file" {
			line += fmt.Sprintf(" %d bytes", info.Size()) + text(path, info)
		}
		l[line] = true
		return nil
	})
}

// smallFile is the size up to which a file's text is compared.
const smallFile = 128 << 10

func text(path string, info fs.FileInfo) string {
	if info.Size() == 0 || info.Size() > smallFile || !strings.Contains(path, "/srv/testbed/") {
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprintf(" (%v)", err)
	}
	return fmt.Sprintf(" %08x", crc(data))
}

// settings adds kernel settings that a hostile server would change.
func (l listing) settings() {
	for _, name := range []string{
		"kernel/core_pattern", "kernel/hostname", "kernel/modprobe", "kernel/pid_max",
		"vm/overcommit_memory", "net/ipv4/ip_forward", "user/max_user_namespaces",
	} {
		data, err := os.ReadFile("/proc/sys/" + name)
		l[fmt.Sprintf("setting %s: %s%v", name, data, err)] = true
	}
}

// processes adds every process but this one.
func (l listing) processes() error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.Trim(entry.Name(), "0123456789") != "" || entry.Name() == fmt.Sprint(os.Getpid()) {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err == nil {
			fields := strings.Fields(string(stat))
			l["process "+strings.Join(fields[:min(4, len(fields))], " ")] = true
		}
	}
	return nil
}
