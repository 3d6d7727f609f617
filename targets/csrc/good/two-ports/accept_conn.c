/* poll() says which of the two has a client. */
#include "server.h"
#include "second_listener.h"

int accept_conn(int listenfd)
{
    struct pollfd on[] = {
        {.fd = listenfd, .events = POLLIN},
        {.fd = second_listener, .events = POLLIN},
    };

    for (;;) {
        if (poll(on, 2, -1) < 0) {
            accept_failed();
            continue;
        }
        int from = on[0].revents != 0 ? listenfd : second_listener;
        int connfd = accept(from, NULL, NULL);
        if (connfd >= 0)
            return connfd;
        accept_failed();
    }
}
