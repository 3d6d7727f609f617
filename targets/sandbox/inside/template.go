package inside

import (
	"fmt"
	"reflect"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// A template is a mount namespace that holds what all hosts with one view have in
// common; nothing in it can be written to. A host takes a copy of it, which the
// kernel makes in one go, and adds the places that its servers may write to.
type template struct {
	view      *wire.View
	inodes    []inode // of what the view shows
	emptyWork bool    // nothing of the machine is shown at the working directory
	namespace int     // open, which keeps it
}

// An inode names a file or directory of the machine.
type inode struct{ device, number uint64 }

// inodesOf looks up what a view shows, by the caller's root.
func inodesOf(v *wire.View) (list []inode, err error) {
	for _, paths := range [][]string{v.Own, v.Read} {
		for _, path := range paths {
			stat, err := wire.Look(path)
			if err != nil {
				return nil, fmt.Errorf("show %s: %w", path, err)
			}
			list = append(list, inode{stat.Dev, stat.Ino})
		}
	}
	return list, nil
}

// fits says whether the template shows a view of what is there now: a directory may
// have been made anew since.
func (t *template) fits(v *wire.View, inodes []inode) bool {
	return t != nil && reflect.DeepEqual(t.view, v) && reflect.DeepEqual(t.inodes, inodes)
}

// enterTemplate puts the calling thread, which sees the machine's root, into a copy of
// the template of a view. The template is made when there is none, and anew for each
// host when setns(2) is refused: it takes CAP_SYS_CHROOT, which a container may lack.
func (k *initProcess) enterTemplate(v *wire.View) (*template, error) {
	inodes, err := inodesOf(v)
	if err != nil {
		return nil, err
	}
	if !k.template.fits(v, inodes) || unix.Setns(k.template.namespace, unix.CLONE_NEWNS) != nil {
		made := &template{view: v, inodes: inodes}
		if err := made.make(); err != nil {
			_ = unix.Close(made.namespace)
			return nil, err
		}
		if k.template != nil {
			_ = unix.Close(k.template.namespace)
		}
		k.template = made
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return nil, fmt.Errorf("copy the mounts of a host: %w", err)
	}
	return k.template, nil
}

// make has the calling thread make the template, and leaves it there.
func (t *template) make() error {
	t.namespace = -1
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	// Without a descriptor of it, setns(2) fails later.
	t.namespace, _ = unix.Open("/proc/thread-self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err := newRoot(); err != nil {
		return err
	}
	if err := t.show(); err != nil {
		return err
	}
	return seal()
}
