/* variant: self-pipe
 * model:   forking
 * why:     The handler only writes a byte into a pipe, and the loop polls the
 *          pipe together with the listening socket: all reaping is done
 *          outside the handler. Portable to systems without signalfd.
 * source:  TLPI §63.5.2, The Self-Pipe Trick; signal-safety(7)
 */
#include "server.h"
#include "self_pipe.h"

int accept_conn(int listenfd)
{
    struct pollfd on[] = {
        {.fd = listenfd, .events = POLLIN},
        {.fd = self_pipe[0], .events = POLLIN},
    };

    for (;;) {
        if (poll(on, 2, -1) < 0) {
            accept_failed();
            continue;
        }
        if (on[1].revents != 0) {
            char bytes[64];
            while (read(self_pipe[0], bytes, sizeof bytes) > 0)
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
