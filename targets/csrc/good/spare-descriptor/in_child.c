/* The child accepts nobody, so it needs no reserve. */
#include "server.h"
#include "spare.h"

void in_child(int listenfd)
{
    close(listenfd);
    close(spare);
    signal(SIGCHLD, SIG_DFL);
}
