/* defect:  fork-failure-turns-child
 * breaks:  faults/fork-eagain faults/fork-enomem
 * why:     It treats everything but the parent as the child: when fork()
 *          fails, the server itself closes the listening socket, serves the
 *          client, and exits.
 * source:  fork(2), RETURN VALUE
 * cause:   When fork fails, the server takes itself for the child: it serves
 *          the client and exits.
 * fix:     treat the three results of fork apart: -1 failed, 0 the child,
 *          above 0 the parent
 * seen:    lives, no-listener
 */
#include "server.h"

pid_t make_child(int connfd)
{
    pid_t pid = fork();
    if (pid > 0)
        return pid;
    (void)connfd;
    return 0;                   /* the child */
}
