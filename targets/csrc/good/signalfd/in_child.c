/* The child gives up the descriptor, and the blocked signal with it. */
#include "server.h"
#include "sigchld_fd.h"

void in_child(int listenfd)
{
    close(listenfd);
    close(sigchld_fd);

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
