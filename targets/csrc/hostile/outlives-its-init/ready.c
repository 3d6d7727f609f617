/* hostile:      outlives-its-init
 * threat:       Leaves a daemon behind, in a session of its own, executed anew
 *               with an empty environment so that nothing tells whose it is,
 *               and kills the process that would end it.
 * contained-by: the pid namespace; elsewhere forkproof inherits the daemon, and
 *               ends what it inherits
 * from:         same-uid
 * expect:       judged or error
 * source:       prctl(2), PR_SET_CHILD_SUBREAPER; setsid(2); execve(2)
 */
#include "hostile/attempt.h"
#include <signal.h>

enum { FUSE = 25 }; /* seconds: then the daemon ends, whatever became of it */

static char daemon_name[] = "outliving";

/* This program, executed anew under that name, is the daemon. */
__attribute__((constructor)) static void daemon_begins(void)
{
    char name[64] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, name, sizeof name - 1);
    close(fd);
    if (n <= 0 || strcmp(name, daemon_name) != 0)
        return;
    alarm(FUSE);
    for (;;)
        pause();
}

void ready(int listenfd)
{
    char *const argv[] = {daemon_name, NULL}, *const environment[] = {NULL};
    pid_t init = getppid();
    int begun[2];
    char byte;
    if (pipe2(begun, O_CLOEXEC) < 0)
        return;
    if (fork() == 0) {
        close(listenfd);
        setsid();
        if (fork() == 0)
            execve("/proc/self/exe", argv, environment);
        _exit(0);
    }
    close(begun[1]);
    while (read(begun[0], &byte, 1) < 0 && errno == EINTR)
        ; /* until execve has closed the daemon's end */
    close(begun[0]);
    all_tried();
    kill(init, SIGSTOP);
    kill(init, SIGKILL);
}
