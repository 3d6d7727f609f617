/* fork() copies every descriptor. While the child holds the listening socket,
 * the port stays in use even after the server has ended, and clients can
 * connect that no process accepts. The child has no children to reap.
 */
#include "server.h"

void in_child(int listenfd)
{
    close(listenfd);
    signal(SIGCHLD, SIG_DFL);
}
