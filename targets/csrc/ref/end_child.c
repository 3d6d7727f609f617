/* _exit() and not exit(): the child has a copy of the server's stdio buffers
 * and exit handlers, and must neither flush the one nor run the other.
 */
#include "server.h"

_Noreturn void end_child(int connfd, int status)
{
    close(connfd);
    _exit(status);
}
