/* hostile:      kill-the-init
 * threat:       Sends every signal to its parent, to process 1, and to every
 *               process that it can see, by kill and by pidfd.
 * contained-by: the pid namespace: the grader is not in it, and its first
 *               process takes no signal from inside
 * from:         namespaces
 * expect:       judged
 * source:       kill(2); pidfd_send_signal(2); pid_namespaces(7)
 */
#include "hostile/attempt.h"

static void every_signal(pid_t pid)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    for (int signo = 1; signo <= SIGRTMAX; signo++) {
        kill(pid, signo);
        syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0);
    }
    close(pidfd);
}

void ready(int listenfd)
{
    pid_t pid;
    DIR *proc = opendir("/proc");
    (void)listenfd;
    every_signal(1);
    every_signal(getppid());
    while ((pid = next_stranger(proc)) != 0)
        every_signal(pid);
    closedir(proc);
    all_tried();
}
