/* A signal that a descriptor is to deliver must be blocked: signalfd(2). */
#include "server.h"
#include "sigchld_fd.h"

int sigchld_fd;

void on_signal(void)
{
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    sigchld_fd = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
    if (sigchld_fd < 0) {
        perror("signalfd");
        exit(EXIT_FAILURE);
    }
}
