/* defect:  leaks-descriptor
 * breaks:  descriptors/no-growth descriptors/low-limit
 * why:     The server opens a log for every client and forgets to close it:
 *          after some hundred clients it has no free descriptor.
 * source:  open(2); getrlimit(2), RLIMIT_NOFILE
 * cause:   The server opens something for each client and never closes it.
 * fix:     close in the parent, on every path, whatever was opened for the
 *          connection
 * python:  close, or use a with statement, for whatever was opened for the
 *          connection
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
