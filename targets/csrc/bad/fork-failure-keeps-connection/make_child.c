/* defect:  fork-failure-keeps-connection
 * breaks:  faults/fork-eagain faults/fork-enomem
 * why:     The client for whom there is no child is forgotten and not
 *          dropped: it waits for ever, and its descriptor is lost.
 * source:  fork(2); close(2); wcat/simpleproxy#3
 */
#include "server.h"

pid_t make_child(int connfd)
{
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        (void)connfd;
    }
    return pid;
}
