package inside

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// layersDir is where an init keeps what layerSystem makes: it needs no /sys, and no
// server sees that of the machine.
const layersDir = "/sys"

// emptyDir is the second layer, which the kernel asks for.
const emptyDir = layersDir + "/empty"

// layerSystem makes overlays of the machine's system directories, overlayfs(5), for
// the hosts to show. They have no layer for changes. A mount that is merely read-only
// does not keep a process from connecting to a socket in it, from writing to a FIFO,
// and from locking a file; in an overlay these are its own, and nothing outside of it
// has them open. A directory that the kernel makes no overlay of is left out, and
// shown by such a mount: that depends on its file system, and on whether there are
// mounts in it and the init is in a user namespace.
func layerSystem() {
	if mount("tmpfs", layersDir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,nr_inodes=1k,mode=755") != nil {
		return
	}
	inner, err := mounts()
	if err != nil || mkdir(emptyDir) != nil {
		return
	}
	for _, dir := range wire.SystemDirs {
		if _, err := wire.Look(dir); err != nil {
			continue // there is none, or it is a symbolic link
		}
		at := layersDir + dir
		err := mkdir(at)
		if err == nil {
			if err = overlay(dir, at); err == nil {
				err = showInner(dir, at, inner)
			}
		}
		if err != nil {
			_ = unix.Unmount(at, unix.MNT_DETACH)
			_ = unix.Rmdir(at)
		}
	}
}

// overlay mounts an overlay of one directory that cannot be changed.
func overlay(from, at string) error {
	return mount("overlay", at, "overlay", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV,
		"lowerdir="+from+":"+emptyDir+",userxattr")
}

// showInner shows what is mounted in a directory, and what an overlay of it leaves
// out, on top of the overlay. It is in the order in which it was mounted.
func showInner(dir, at string, inner []string) error {
	const readOnly = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV
	for _, from := range inner {
		if from == dir || !wire.Inside(from, dir) {
			continue
		}
		stat, err := wire.Look(from)
		if errors.Is(err, unix.ENOENT) {
			continue // another mount hides it
		}
		if err != nil {
			return fmt.Errorf("look at what is mounted on %s: %w", from, err)
		}
		to := at + strings.TrimPrefix(from, dir)
		kind := stat.Mode & unix.S_IFMT
		if kind == unix.S_IFDIR && !strings.ContainsAny(from, `:,\`) && overlay(from, to) == nil {
			continue
		}
		if kind != unix.S_IFDIR && kind != unix.S_IFREG {
			continue // a socket, a FIFO or a device
		}
		if err := bind(from, to, readOnly); err != nil {
			return err
		}
	}
	return nil
}

// mounts returns where there are mounts, in the order in which they were made,
// proc_pid_mountinfo(5).
func mounts() ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("list the mounts: %w", err)
	}
	var list []string
	for line := range bytes.Lines(data) {
		if fields := bytes.Fields(line); len(fields) > 4 {
			list = append(list, escapes.Replace(string(fields[4])))
		}
	}
	return list, nil
}

// escapes are those that the kernel writes a path of a mount with.
var escapes = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
