/* variant: signalfd
 * model:   forking
 * why:     Takes SIGCHLD from a descriptor: it is blocked as a signal, and
 *          poll() waits for it and for clients at the same time. There is no
 *          handler, so nothing is ever interrupted.
 * source:  signalfd(2); TLPI §22.11
 */
#include "server.h"
#include "sigchld_fd.h"

int accept_conn(int listenfd)
{
    struct pollfd on[] = {
        {.fd = listenfd, .events = POLLIN},
        {.fd = sigchld_fd, .events = POLLIN},
    };

    for (;;) {
        if (poll(on, 2, -1) < 0) {
            accept_failed();
            continue;
        }
        if (on[1].revents != 0) {
            struct signalfd_siginfo info;
            while (read(sigchld_fd, &info, sizeof info) > 0)
                ;
            reap();
        }
        if (on[0].revents != 0) {
            int connfd = accept(listenfd, NULL, NULL);
            if (connfd >= 0)
                return connfd;
            accept_failed();
        }
    }
}
