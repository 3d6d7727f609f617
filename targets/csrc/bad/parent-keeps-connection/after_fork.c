/* defect:  parent-keeps-connection
 * breaks:  descriptors/parent-closes-connection descriptors/no-siblings
 *          descriptors/no-growth descriptors/low-limit
 *          descriptors/no-close-wait echo/half-close
 *          termination/client-sees-eof termination/killed-child-frees-client
 * why:     The server keeps its copy of every connected socket: no client
 *          sees the end of its connection, every later child inherits all of
 *          them, and in the end the server has no free descriptor.
 * source:  UNP 3rd ed. §4.8; novnc/websockify#332
 * cause:   The parent keeps the connected socket: its clients never see the
 *          end of their connections.
 * fix:     close(connfd) in the parent, right after fork
 * python:  conn.close() in the parent, right after os.fork()
 */
#include "server.h"

void after_fork(int connfd, pid_t pid)
{
    printf("process %d serves a client\n", (int)pid);
    fflush(stdout);
    (void)connfd;
}
