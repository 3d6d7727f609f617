/* Neither of the listening sockets is the child's. */
#include "server.h"
#include "second_listener.h"

void in_child(int listenfd)
{
    signal(SIGCHLD, SIG_DFL);
    close(listenfd);
    close(second_listener);
}
