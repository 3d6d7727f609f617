/* The connection ends when its last descriptor is closed. If the server kept
 * its copy, the client would never see the end: UNP 3rd ed. section 4.8.
 */
#include "server.h"

void after_fork(int connfd, pid_t pid)
{
    printf("process %d serves a client\n", (int)pid);
    fflush(stdout);
    close(connfd);
}
