/* The handler goes before the pipe that it writes to. */
#include "server.h"
#include "self_pipe.h"

void in_child(int listenfd)
{
    signal(SIGCHLD, SIG_DFL);
    close(listenfd);
    close(self_pipe[0]);
    close(self_pipe[1]);
}
