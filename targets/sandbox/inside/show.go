package inside

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// errOtherView says that a host is asked to run a second, different server.
var errOtherView = fmt.Errorf("this host shows another server's files: %w", unix.EXDEV)

// show takes what the first server needs from the machine's root, and lets go
// of that root for ever. Later servers of the host see the same.
func (h *host) show(v *wire.View, root bool) error {
	if h.shown != nil {
		if !reflect.DeepEqual(h.shown, v) {
			return errOtherView
		}
		return nil
	}
	if err := workDir(v); err != nil {
		return err
	}
	for i, dir := range v.Own {
		if err := ownDir(filepath.Join(diskDir, strconv.Itoa(i)), dir, v, root); err != nil {
			return err
		}
	}
	for _, path := range v.Read {
		if err := readOnly(path); err != nil {
			return err
		}
	}
	for _, link := range v.Links {
		err := errors.Join(mkdir(filepath.Dir(link[0])), os.Symlink(link[1], link[0]))
		if err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("show a symbolic link: %w", err)
		}
	}
	if err := seal(); err != nil {
		return err
	}
	h.shown = v
	return nil
}

// workDir makes the working directory, empty and on the server's disk; what of
// the machine is shown there comes on top.
func workDir(v *wire.View) error {
	if _, err := os.Stat(v.Dir); err == nil || len(wire.Topmost([]string{v.Dir}, v.Own)) == 0 {
		return nil
	}
	return openDir("work", v.Dir)
}

// ownDir shows a directory of the server. The server may change it; changes go
// to its disk, overlayfs(5), and are gone with the host. Where the kernel makes
// no overlay of the directory's file system, it is read-only.
func ownDir(place, dir string, v *wire.View, root bool) error {
	lower, upper, work := place+"/lower", place+"/upper", place+"/work"
	if err := mkdir(lower, upper, work, dir); err != nil {
		return err
	}
	if err := bind(hostDir+dir, lower, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV); err != nil {
		return err
	}
	stat, err := wire.Look(lower)
	if err != nil {
		return fmt.Errorf("show %s: %w", dir, err)
	}
	if err := unix.Chmod(upper, stat.Mode&0o777|0o700); err != nil {
		return fmt.Errorf("show %s: %w", dir, err)
	}
	err = unix.Mount("overlay", dir, "overlay", unix.MS_NOSUID|unix.MS_NODEV,
		"lowerdir="+lower+",upperdir="+upper+",workdir="+work+",userxattr")
	if err != nil {
		return bind(lower, dir, 0)
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

// readOnly shows a file or directory of the machine where it is.
func readOnly(path string) error {
	stat, err := wire.Look(hostDir + path)
	if err != nil {
		return fmt.Errorf("show %s: %w", path, err)
	}
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		err = mkdir(path)
	case unix.S_IFREG:
		err = touch(path)
	default:
		return fmt.Errorf("show %s: it is neither a file nor a directory: %w", path, unix.EINVAL)
	}
	return errors.Join(err, bind(hostDir+path, path,
		unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV))
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
	if err := errors.Join(unix.Unmount(diskDir, unix.MNT_DETACH), unix.Rmdir(diskDir)); err != nil {
		return fmt.Errorf("hide the disk: %w", err)
	}
	err := unix.MountSetattr(unix.AT_FDCWD, "/", 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	if err != nil {
		return fmt.Errorf("make the root read-only: %w", err)
	}
	return nil
}
