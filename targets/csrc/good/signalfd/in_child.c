/* The child closes the descriptor and unblocks the signal. */
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
