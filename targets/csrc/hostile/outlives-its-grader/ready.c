/* hostile:      outlives-its-grader
 * threat:       Leaves a daemon behind that ignores every signal, has a
 *               session and a working directory of its own, and no parent.
 * contained-by: the pid namespace, which ends as a whole; else a subreaper
 * from:         same-uid
 * expect:       conformant
 * source:       daemon(3); setsid(2); prctl(2), PR_SET_CHILD_SUBREAPER
 */
#include "hostile/attempt.h"

void ready(int listenfd)
{
    pid_t first = fork();
    if (first != 0) {
        waitpid(first, NULL, 0);
        all_tried();
        return;
    }
    setsid();
    if (fork() != 0)
        _exit(0);
    close(listenfd);
    if (chdir("/") < 0)
        _exit(1);
    for (int signo = 1; signo <= SIGRTMAX; signo++)
        signal(signo, SIG_IGN);
    prctl(PR_SET_NAME, "[kworker/0:1]");
    for (;;)
        pause();
}
