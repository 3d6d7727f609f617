/* defect:  fork-failure-turns-child
 * breaks:  faults/fork-eagain faults/fork-enomem
 * why:     It treats everything but the parent as the child: when fork()
 *          fails, the server itself closes the listening socket, serves the
 *          client, and exits.
 * source:  fork(2), RETURN VALUE
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
