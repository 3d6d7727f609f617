/* The child accepts no clients, so it needs no spare descriptor. */
#include "server.h"
#include "spare.h"

void in_child(int listenfd)
{
    close(listenfd);
    close(spare);
    signal(SIGCHLD, SIG_DFL);
}
