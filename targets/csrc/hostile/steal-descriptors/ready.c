/* hostile:      steal-descriptors
 * threat:       Takes descriptors of every process that it can see, such as the
 *               init's control socket, and looks for forgotten ones among
 *               its own.
 * contained-by: processes of forkproof that cannot be dumped; every descriptor
 *               above 2 is closed when the server is started
 * from:         same-uid
 * expect:       judged
 * source:       pidfd_getfd(2); proc_pid_fd(5); close_range(2)
 */
#include "hostile/attempt.h"

enum { TRIED = 32 };

static void steal_from(pid_t pid)
{
    char name[64];
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    for (int fd = 0; fd < TRIED; fd++) {
        long got = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
        if (got >= 0 || errno != EBADF)
            attempted(got, "taking descriptor %d of %d", fd, (int)pid);
        snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)pid, fd);
        int opened = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (opened >= 0)
            attempted(opened, "opening %s", name);
    }
    close(pidfd);
}

void ready(int listenfd)
{
    pid_t pid;
    for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
        if (fd != listenfd && fcntl(fd, F_GETFD) >= 0)
            attempted(0, "descriptor %d, which somebody forgot", fd);
    DIR *proc = opendir("/proc");
    while ((pid = next_stranger(proc)) != 0)
        steal_from(pid);
    closedir(proc);
    all_tried();
}
