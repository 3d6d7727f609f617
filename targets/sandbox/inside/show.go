package inside

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// errOtherView says that a host is asked to run a second, different server.
var errOtherView = fmt.Errorf("this host shows another server's files: %w", unix.EXDEV)

// show makes the root of a host the copy of a template, which shows the files that the
// first server needs of the machine. Later servers of the host see the same.
func (k *initProcess) show(h *host, v *wire.View) error {
	if h.shown != nil {
		if !reflect.DeepEqual(h.shown, v) {
			return errOtherView
		}
		return h.showFailed
	}
	h.shown = v
	t, err := k.enterTemplate(v)
	if err == nil {
		err = t.addOwn(k.plan.Limits, k.plan.Root)
	}
	if err == nil {
		err = h.enter(v.Dir)
	}
	h.showFailed = err
	return err
}

// enter opens the working directory of the programs of a host.
func (h *host) enter(dir string) error {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("enter the working directory: %w", err)
	}
	h.dir = uintptr(fd)
	return nil
}

// show takes from the machine's root what the view shows. What belongs to a place that
// each host has of its own waits at its stage.
func (t *template) show() error {
	v := t.view
	if _, err := os.Stat(v.Dir); err != nil && len(wire.Topmost([]string{v.Dir}, v.Own)) > 0 {
		t.emptyWork = true
		if err := mkdir(v.Dir); err != nil {
			return err
		}
	}
	for i, dir := range v.Own {
		if err := errors.Join(mkdir(dir), showAt(hostDir+dir, ownStage(i))); err != nil {
			return err
		}
	}
	for i, path := range v.Read {
		at := path
		if t.fresh(path) {
			at = readStage(i)
		}
		if err := showAt(hostDir+path, at); err != nil {
			return err
		}
	}
	return t.links(false)
}

// The stages of the directories that a server owns, and of what it may read.
func ownStage(i int) string  { return filepath.Join(stageDir, "own", strconv.Itoa(i)) }
func readStage(i int) string { return filepath.Join(stageDir, "read", strconv.Itoa(i)) }

// fresh says whether a path lies in a directory that is empty in each new host.
func (t *template) fresh(path string) bool {
	return wire.Inside(path, "/tmp") || wire.Inside(path, "/var/tmp") || t.emptyWork && wire.Inside(path, t.view.Dir)
}

// addOwn adds to a copy of the template what a host has of its own: a disk, and on it
// the directories that its servers may write to.
func (t *template) addOwn(limits wire.Limits, root bool) error {
	v := t.view
	if err := errors.Join(mountDisk(limits), openDir("tmp", "/tmp"), openDir("vartmp", "/var/tmp")); err != nil {
		return err
	}
	if t.emptyWork {
		if err := openDir("work", v.Dir); err != nil {
			return err
		}
	}
	for i, path := range v.Read {
		if !t.fresh(path) {
			continue
		}
		if err := showAt(readStage(i), path); err != nil {
			return err
		}
	}
	for i, dir := range v.Own {
		if err := ownDir(ownStage(i), filepath.Join(diskDir, strconv.Itoa(i)), dir, v, root); err != nil {
			return err
		}
	}
	if err := t.links(true); err != nil {
		return err
	}
	return openDir("shm", "/dev/shm") // it hides the stages and the disk
}

// links makes the symbolic links of the view that lie in fresh directories, or the others.
func (t *template) links(fresh bool) error {
	for _, link := range t.view.Links {
		if t.fresh(link[0]) != fresh {
			continue
		}
		err := errors.Join(mkdir(filepath.Dir(link[0])), os.Symlink(link[1], link[0]))
		if err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("show a symbolic link: %w", err)
		}
	}
	return nil
}

// ownDir shows a directory of the server, which is read-only at its stage. The server
// may change it; changes go to its disk, overlayfs(5), and are gone with the host.
// Where the kernel makes no overlay of the directory's file system, it is read-only.
func ownDir(stage, place, dir string, v *wire.View, root bool) error {
	upper, work := place+"/upper", place+"/work"
	if err := mkdir(upper, work, dir); err != nil {
		return err
	}
	stat, err := wire.Look(stage)
	if err != nil {
		return fmt.Errorf("show %s: %w", dir, err)
	}
	if err := unix.Chmod(upper, stat.Mode&0o777|0o700); err != nil {
		return fmt.Errorf("show %s: %w", dir, err)
	}
	err = unix.Mount("overlay", dir, "overlay", unix.MS_NOSUID|unix.MS_NODEV,
		"lowerdir="+stage+",upperdir="+upper+",workdir="+work+",userxattr")
	if err != nil {
		return bind(stage, dir, 0)
	}
	if root {
		return handOver(dir, v)
	}
	return nil
}

// handOver gives the directory itself, and files of the command that only
// others may use, to the server's user. Only the overlay changes.
func handOver(dir string, v *wire.View) error {
	if err := chownExactly(dir, v.UID, v.GID); err != nil {
		return fmt.Errorf("hand %s over to the server: %w", dir, err)
	}
	const forAll = unix.S_IROTH | unix.S_IXOTH
	for _, file := range v.Files {
		stat, err := wire.Look(file)
		if !wire.Inside(file, dir) || err != nil || int(stat.Uid) == v.UID || stat.Mode&forAll == forAll {
			continue
		}
		if err := chownExactly(file, v.UID, v.GID); err != nil {
			return fmt.Errorf("hand %s over to the server: %w", file, err)
		}
	}
	for _, path := range v.HandedOver {
		if !wire.Inside(path, dir) {
			continue
		}
		if err := chownExactly(path, v.UID, v.GID); err != nil {
			return fmt.Errorf("hand %s over to the server: %w", path, err)
		}
	}
	return nil
}

// chownExactly is chown(2) of a path that has no symbolic links.
func chownExactly(path string, uid, gid int) error {
	fd, err := wire.OpenExactly(path, unix.O_PATH)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	return unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

// showAt shows a file or directory, with what is mounted in it, read-only at a path
// that is made.
func showAt(from, at string) error {
	path := strings.TrimPrefix(from, hostDir)
	stat, err := wire.Look(from)
	if err != nil {
		return fmt.Errorf("show %s: %w", path, err)
	}
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		err = mkdir(at)
	case unix.S_IFREG:
		err = touch(at)
	default:
		return fmt.Errorf("show %s: it is neither a file nor a directory: %w", path, unix.EINVAL)
	}
	return errors.Join(err, bind(from, at, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV))
}

// seal lets go of the machine's root and makes the new one read-only. What is
// mounted in it keeps its own settings.
func seal() error {
	if err := unix.Unmount(hostDir, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("let go of the machine's files: %w", err)
	}
	if err := unix.Rmdir(hostDir); err != nil {
		return fmt.Errorf("let go of the machine's files: %w", err)
	}
	err := unix.MountSetattr(unix.AT_FDCWD, "/", 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	if err != nil {
		return fmt.Errorf("make the root read-only: %w", err)
	}
	return nil
}
