package trace

import "golang.org/x/sys/unix"

// olderSignatures are system calls that newer architectures lack.
var olderSignatures = map[uint64][]signature{
	unix.SYS_FORK:       {{name: "fork", family: Fork, fd: none}},
	unix.SYS_VFORK:      {{name: "vfork", family: Fork, fd: none}},
	unix.SYS_POLL:       {{name: "poll", family: Poll, fd: none}},
	unix.SYS_SELECT:     {{name: "select", family: Poll, fd: none}},
	unix.SYS_EPOLL_WAIT: {{name: "epoll_wait", family: Poll, fd: none}},
}

// olderRecorded are system calls that newer architectures lack.
var olderRecorded = map[uint64]recordedCall{
	unix.SYS_OPEN:       onPath("open", none, 0),
	unix.SYS_CREAT:      onPath("creat", none, 0),
	unix.SYS_MKDIR:      onPath("mkdir", none, 0),
	unix.SYS_MKNOD:      onPath("mknod", none, 0),
	unix.SYS_UNLINK:     onPath("unlink", none, 0),
	unix.SYS_RMDIR:      onPath("rmdir", none, 0),
	unix.SYS_SYMLINK:    onPath("symlink", none, 1),
	unix.SYS_LINK:       {name: "link", paths: []pathArgument{{none, 0}, {none, 1}}},
	unix.SYS_RENAME:     {name: "rename", paths: []pathArgument{{none, 0}, {none, 1}}},
	unix.SYS_RENAMEAT:   {name: "renameat", paths: []pathArgument{{0, 1}, {2, 3}}},
	unix.SYS_CHMOD:      onPath("chmod", none, 0),
	unix.SYS_CHOWN:      onPath("chown", none, 0),
	unix.SYS_LCHOWN:     onPath("lchown", none, 0),
	unix.SYS_ACCESS:     onPath("access", none, 0),
	unix.SYS_STAT:       onPath("stat", none, 0),
	unix.SYS_LSTAT:      onPath("lstat", none, 0),
	unix.SYS_NEWFSTATAT: onPath("newfstatat", 0, 1),
	unix.SYS_FORK:       {name: "fork"},
	unix.SYS_VFORK:      {name: "vfork"},
}
