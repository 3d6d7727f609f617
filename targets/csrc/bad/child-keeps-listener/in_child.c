/* defect:  child-keeps-listener
 * breaks:  descriptors/child-closes-listener
 * why:     While the child runs, the port stays in use: after the end of the
 *          server clients still connect, and no process accepts them.
 * source:  UNP 3rd ed. §4.8; roehling/postsrsd#16
 * cause:   The child keeps the listening socket.
 * fix:     close(listenfd) first thing in the child
 * python:  sock.close() on the listening socket first thing in the child
 */
#include "server.h"

void in_child(int listenfd)
{
    (void)listenfd;
    signal(SIGCHLD, SIG_DFL);
}
