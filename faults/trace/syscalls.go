package trace

import "golang.org/x/sys/unix"

// A form is one system call as a member of a family.
type form struct {
	name string
	call Call
	// fd is the argument that is the descriptor; none when there is none.
	fd int
	// size says how long a transfer is wanted.
	size size
}

const none = -1

// A size is where a call says how many bytes it wants.
type size struct {
	kind sizeKind
	arg  int // the argument with the number, the array, or the message
}

type sizeKind int

const (
	unsized sizeKind = iota
	plain            // the argument is the number of bytes
	vector           // the argument is an array of struct iovec; the next one is its length
	message          // the argument is a struct msghdr
)

// forms are the known system calls by number. Which family a call with two
// forms belongs to depends on its arguments.
var forms = merge(map[uint64][]form{
	unix.SYS_CLONE:  {{name: "clone", call: Fork, fd: none}, {name: "clone", call: Thread, fd: none}},
	unix.SYS_CLONE3: {{name: "clone3", call: Fork, fd: none}, {name: "clone3", call: Thread, fd: none}},

	unix.SYS_ACCEPT:  {{name: "accept", call: Accept}},
	unix.SYS_ACCEPT4: {{name: "accept4", call: Accept}},

	unix.SYS_READ:     {{"read", Read, 0, size{plain, 2}}},
	unix.SYS_READV:    {{"readv", Read, 0, size{vector, 1}}},
	unix.SYS_RECVFROM: {{"recvfrom", Read, 0, size{plain, 2}}},
	unix.SYS_RECVMSG:  {{"recvmsg", Read, 0, size{message, 1}}},
	unix.SYS_RECVMMSG: {{name: "recvmmsg", call: Read}},

	unix.SYS_WRITE:    {{"write", Write, 0, size{plain, 2}}},
	unix.SYS_WRITEV:   {{"writev", Write, 0, size{vector, 1}}},
	unix.SYS_SENDTO:   {{"sendto", Write, 0, size{plain, 2}}},
	unix.SYS_SENDMSG:  {{"sendmsg", Write, 0, size{message, 1}}},
	unix.SYS_SENDMMSG: {{name: "sendmmsg", call: Write}},
	unix.SYS_SENDFILE: {{"sendfile", Write, 0, size{plain, 3}}},

	unix.SYS_SPLICE: {{"splice", Read, 0, size{plain, 4}}, {"splice", Write, 2, size{plain, 4}}},

	unix.SYS_WAIT4:  {{name: "wait4", call: Wait, fd: none}},
	unix.SYS_WAITID: {{name: "waitid", call: Wait, fd: none}},

	unix.SYS_CLOSE: {{name: "close", call: Close}},

	unix.SYS_PPOLL:        {{name: "ppoll", call: Poll, fd: none}},
	unix.SYS_PSELECT6:     {{name: "pselect6", call: Poll, fd: none}},
	unix.SYS_EPOLL_PWAIT:  {{name: "epoll_pwait", call: Poll, fd: none}},
	unix.SYS_EPOLL_PWAIT2: {{name: "epoll_pwait2", call: Poll, fd: none}},
}, oldForms)

func merge(forms, more map[uint64][]form) map[uint64][]form {
	for number, list := range more {
		forms[number] = list
	}
	return forms
}

// descriptor is the one the call is made on; none when there is none.
func (f form) descriptor(info *syscallInfo) int {
	if f.fd == none {
		return none
	}
	return int(int32(info.arg(f.fd)))
}

// applies says whether a call with two forms is of this one.
func (f form) applies(tid int, info *syscallInfo) bool {
	switch f.name {
	case "clone", "clone3":
		flags := info.arg(0)
		if f.name == "clone3" {
			var err error
			// The first member of struct clone_args. If it cannot be read, the call fails.
			if flags, err = readWord(tid, info.arg(0)); err != nil {
				return false
			}
		}
		return (flags&unix.CLONE_THREAD != 0) == (f.call == Thread)
	case "splice":
		return AnySocket()(tid, f.descriptor(info))
	}
	return true
}
