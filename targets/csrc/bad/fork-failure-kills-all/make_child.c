/* defect:  fork-failure-kills-all
 * breaks:  faults/fork-eagain faults/fork-enomem
 * why:     It stores its newest child, to kill it if it hangs for an hour,
 *          and stores -1 when fork() fails. kill(-1) signals every process
 *          that it may signal: all its children, and whatever else the user
 *          runs on this machine. Here it does so only in a pid namespace.
 * source:  kill(2), pid -1; fork(2), RETURN VALUE; yrutschle/sslh#143
 * cause:   When fork fails, the server kills all its children: it passes -1 to
 *          kill.
 * fix:     check fork's result before the pid is used: kill(-1, ...) signals
 *          every process
 * python:  check the pid before os.kill: -1 signals every process
 * seen:    lives, client-ended
 */
#include "server.h"
#include <time.h>

static struct { pid_t pid; time_t since; } newest;

pid_t make_child(int connfd)
{
    if (newest.pid != 0 && time(NULL) - newest.since > 3600 &&
        getppid() <= 1)                 /* in a pid namespace of its own: */
        kill(newest.pid, SIGTERM);      /* the child hangs */
    newest.pid = fork();
    newest.since = newest.pid < 0 ? 0 : time(NULL);
    pid_t pid = newest.pid;
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}
