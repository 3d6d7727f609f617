package sandbox

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// CanShow says why a file or directory cannot be shown to a server; nil when it can.
func CanShow(path string) error {
	at := real(path)
	stat, err := wire.Look(at)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case at == "/":
		return fmt.Errorf("%s: the whole machine cannot be shown: name a directory in it", path)
	case wire.Own(at):
		return fmt.Errorf("%s: the server has a /proc, /sys and /dev of its own", path)
	case stat.Mode&unix.S_IFMT != unix.S_IFDIR && stat.Mode&unix.S_IFMT != unix.S_IFREG:
		return fmt.Errorf("%s: it is neither a file nor a directory", path)
	}
	return nil
}

// asked shows what the person asks for, who is trusted: Show and Writable. One that
// cannot be shown is left out.
func (b *viewBuilder) asked(p wire.Program) {
	for _, path := range p.Show {
		if CanShow(b.absolute(path)) == nil {
			b.Read = append(b.Read, b.follow(path).path)
		}
	}
	for _, path := range p.Writable {
		if CanShow(b.absolute(path)) != nil {
			continue
		}
		at := b.follow(path).path
		stat, err := wire.Look(at)
		if err != nil {
			continue
		}
		dir := at
		if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
			dir = filepath.Dir(at)
			b.HandedOver = append(b.HandedOver, dir)
		}
		b.HandedOver = append(b.HandedOver, at)
		b.Own = append(b.Own, dir)
		b.belongsTo(stat)
	}
}

func (b *viewBuilder) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(b.cwd, path)
}

// UserFor returns the user that a command runs as whose directory is dir, and whether
// that is another one than forkproof's.
func UserFor(dir string) (uid, gid int, changes bool) {
	stat, err := wire.Look(real(dir))
	if err != nil || stat.Uid == 0 {
		return wire.Nobody, wire.Nobody, Probe().otherUID
	}
	return int(stat.Uid), int(stat.Gid), Probe().otherUID
}
