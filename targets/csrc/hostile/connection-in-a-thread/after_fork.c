/* hostile:      connection-in-a-thread
 * threat:       Keeps every connection, in the descriptor table of a thread:
 *               /proc/PID/fd does not show it.
 * contained-by: the descriptors of every thread are read
 * from:         same-uid
 * expect:       nonconformant
 * source:       clone(2), CLONE_FILES; UNP 3rd ed. §4.8
 */
#include "hostile/attempt.h"
#include <sched.h>

static int keep(void *unused)
{
    (void)unused;
    for (;;)
        syscall(SYS_ppoll, NULL, 0, NULL, NULL);
    return 0;
}

void after_fork(int connfd, pid_t pid)
{
    enum { STACK = 16384, THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD };
    char *stack = malloc(STACK);
    sigset_t every, before;
    (void)pid;
    sigfillset(&every);
    sigprocmask(SIG_BLOCK, &every, &before);
    if (stack == NULL || clone(keep, stack + STACK, THREAD, NULL) < 0)
        perror("clone");
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(connfd);
    all_tried();
}
