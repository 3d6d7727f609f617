/* defect:  closes-late
 * breaks:  descriptors/parent-closes-connection descriptors/no-siblings
 *          descriptors/no-close-wait echo/half-close
 *          termination/client-sees-eof termination/killed-child-frees-client
 * why:     The server closes a connected socket only when the next client
 *          connects: until then the previous client does not see its end,
 *          and the next child inherits its connection.
 * source:  UNP 3rd ed. §4.8; fork(2)
 * cause:   The server closes a connected socket only when the next client
 *          connects.
 * fix:     close(connfd) in the parent right after fork, not after the next
 *          accept
 * python:  conn.close() in the parent right after os.fork(), not at the next
 *          accept: a name that is bound again closes too late
 */
#include "server.h"

void after_fork(int connfd, pid_t pid)
{
    static int previous = -1;
    printf("process %d serves a client\n", (int)pid);
    fflush(stdout);
    if (previous >= 0)
        close(previous);
    previous = connfd;
}
