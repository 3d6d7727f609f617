/* defect:  child-falls-through
 * breaks:  termination/child-serves-one termination/child-exits
 *          termination/child-exits-on-reset descriptors/child-closes-listener
 * why:     The child does not exit after its client: it returns to the loop of
 *          the server, and accepts clients itself.
 * source:  UNP 3rd ed. §4.8, figure 4.13; exit(3)
 * cause:   The child does not exit after its client: it goes back to accept.
 * fix:     call exit(0), or _exit(0), in the child after it has served its
 *          client
 * python:  call os._exit(0) in the child after it has served its client, in a
 *          finally clause
 * seen:    child-accepts
 */
#include "server.h"

pid_t make_child(int connfd)
{
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    if (pid == 0) {
        serve(connfd);
        pid = getpid();     /* and on as if it were the server */
    }
    return pid;
}
