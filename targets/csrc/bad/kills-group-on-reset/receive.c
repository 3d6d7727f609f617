/* defect:  kills-group-on-reset
 * breaks:  termination/child-exits-on-reset faults/read-econnreset
 * why:     Process ID 0 means the whole process group: the child that cleans
 *          up after a reset ends the server and all other clients with it.
 * source:  kill(2); yrutschle/sslh#143
 * cause:   A child whose client sent a reset ends the whole server: it signals
 *          its process group.
 * fix:     _exit in the child; kill(0, ...) signals the whole group
 * python:  os._exit() in the child; os.kill(0, ...) signals the whole group
 * seen:    ended, none-left
 */
#include "server.h"

ssize_t receive(int connfd, char *buf, size_t size)
{
    ssize_t n;
    do {
        n = recv(connfd, buf, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == ECONNRESET)
        kill(0, SIGTERM);       /* give up */
    return n;
}
