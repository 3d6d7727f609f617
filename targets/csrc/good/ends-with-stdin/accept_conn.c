/* variant: ends-with-stdin
 * model:   forking
 * why:     Waits for clients and for its standard input at the same time, and
 *          ends when that ends: type Ctrl-D to stop it. With /dev/null for an
 *          input it would end at once.
 * source:  UNP 3rd ed. §6.4; select(2)
 */
#include "server.h"
#include <sys/select.h>

static void end_with_input(void)
{
    char typed[256];
    if (read(STDIN_FILENO, typed, sizeof typed) == 0)
        exit(EXIT_SUCCESS);
}

int accept_conn(int listenfd)
{
    for (;;) {
        fd_set on;
        FD_ZERO(&on);
        FD_SET(STDIN_FILENO, &on);
        FD_SET(listenfd, &on);
        if (select(listenfd + 1, &on, NULL, NULL, NULL) < 0) {
            accept_failed();
            continue;
        }
        if (FD_ISSET(STDIN_FILENO, &on))
            end_with_input();
        if (FD_ISSET(listenfd, &on)) {
            int connfd = accept(listenfd, NULL, NULL);
            if (connfd >= 0)
                return connfd;
            accept_failed();
        }
    }
}
