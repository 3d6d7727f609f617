package unwind

import (
	"debug/elf"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// names returns the names of the function at an address; several when it has aliases.
func (i *image) names(address uint64) []string {
	after, _ := slices.BinarySearchFunc(i.symbols, address, func(s elf.Symbol, address uint64) int {
		if s.Value <= address {
			return -1
		}
		return 1
	})
	var list []string
	for n := after - 1; n >= 0 && i.symbols[n].Value == i.symbols[after-1].Value; n-- {
		if s := i.symbols[n]; address-s.Value < s.Size {
			list = append(list, s.Name)
		}
	}
	return list
}

// plainName returns the name of a function as its source has it: compilers name their
// parts of it "serve.cold" and "serve.isra.0".
func plainName(symbol string) string {
	if isMangled(symbol) {
		return demangled(symbol)
	}
	name, _, _ := strings.Cut(symbol, ".")
	return name
}

// isMangled reports whether a symbol holds a name of C++ or Rust.
func isMangled(symbol string) bool {
	return strings.HasPrefix(symbol, "_Z") || strings.HasPrefix(symbol, "_R")
}

// hash is what Rust adds to the names of functions.
var hash = regexp.MustCompile(`^h[0-9a-f]{16}$`)

// demangled returns the name in a symbol as its source has it, "net::Server::run", and
// the symbol itself when the name has parts other than identifiers (Itanium C++ ABI,
// section 5.1).
func demangled(symbol string) string {
	rest, nested := strings.CutPrefix(symbol, "_ZN")
	if !nested {
		rest = strings.TrimPrefix(symbol, "_Z")
	}
	rest = strings.TrimPrefix(rest, "K") // const
	var parts []string
	for rest != "" && rest[0] >= '1' && rest[0] <= '9' {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || n > len(rest)-digits {
			return symbol
		}
		parts = append(parts, rest[digits:digits+n])
		rest = rest[digits+n:]
		if !nested {
			return parts[0]
		}
	}
	if last := len(parts) - 1; last > 0 && hash.MatchString(parts[last]) {
		parts = parts[:last]
	}
	if len(parts) == 0 || !strings.HasPrefix(rest, "E") {
		return symbol
	}
	return strings.Join(parts, "::")
}

// isStandard reports whether a symbol is of a library that compilers of C++ and Rust
// put into programs.
func isStandard(symbol string) bool {
	name := demangled(symbol)
	return isMangled(symbol) && slices.ContainsFunc([]string{"std::", "core::", "alloc::", "__gnu_cxx::"},
		func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// isReserved reports whether a program may not have a function of that name: the C
// library's are, or have an alias that is (C11, section 7.1.3).
func isReserved(symbol string) bool { return strings.HasPrefix(symbol, "_") && !isMangled(symbol) }

// isLibrary reports whether names are those of a function of the C library. Of those
// without a reserved alias it knows the ones that may block.
func isLibrary(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return isReserved(name) || slices.Contains(blocking, plainName(name))
	})
}

// blocking are functions of the C library in which a program may block.
var blocking = strings.Fields(`
	accept accept4 connect recv recvfrom recvmsg recvmmsg send sendto sendmsg sendmmsg
	read readv pread preadv write writev pwrite pwritev sendfile splice close shutdown
	open openat fcntl ioctl flock lockf fsync fdatasync
	poll ppoll select pselect epoll_wait epoll_pwait epoll_pwait2
	wait wait3 wait4 waitpid waitid pause sleep usleep nanosleep clock_nanosleep thrd_sleep
	sigsuspend sigwait sigwaitinfo sigtimedwait sigpause kill raise
	fork vfork clone system popen pclose posix_spawn execve exit abort
	fgets fgetc getc getchar getc_unlocked getchar_unlocked gets getline getdelim fread ungetc
	scanf fscanf vscanf vfscanf fputs fputc putc putchar puts fwrite printf fprintf dprintf
	vprintf vfprintf vdprintf perror fflush fclose fopen freopen fseek rewind
	syslog vsyslog getaddrinfo gethostbyname
	sem_wait sem_timedwait sem_post pthread_join pthread_mutex_lock pthread_cond_wait
	pthread_cond_timedwait pthread_rwlock_rdlock pthread_rwlock_wrlock pthread_barrier_wait
	mq_receive mq_send msgrcv msgsnd semop semtimedop syscall`)
