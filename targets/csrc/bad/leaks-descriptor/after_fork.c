/* defect:  leaks-descriptor
 * breaks:  descriptors/no-growth descriptors/low-limit
 * why:     The server opens a log for every client and forgets to close it:
 *          after some hundred clients it has no free descriptor.
 * source:  open(2); getrlimit(2), RLIMIT_NOFILE
 */
#include "server.h"

void after_fork(int connfd, pid_t pid)
{
    printf("process %d serves a client\n", (int)pid);
    fflush(stdout);
    close(connfd);
    int log = open("/dev/null", O_WRONLY | O_APPEND);
    dprintf(log, "process %d serves a client\n", (int)pid);
}
