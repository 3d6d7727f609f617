/* main.c: a concurrent TCP server, one process per client.
 *
 *   server [PORT]
 *
 * This is the loop of UNP, 3rd ed., section 4.8. After the fork two processes
 * hold both sockets, and each closes the one that it does not need.
 */
#include "server.h"

int main(int argc, char **argv)
{
    start();
    int listenfd = open_listener(port_argument(argc, argv));
    on_signal();
    ready(listenfd);

    for (;;) {
        int connfd = accept_conn(listenfd);
        pid_t pid = make_child(connfd);
        if (pid < 0)
            continue;               /* no child: this client was dropped */

        if (pid == 0) {             /* the child */
            in_child(listenfd);
            int status = serve(connfd);
            end_child(connfd, status);
        }
        after_fork(connfd, pid);    /* the server */
    }
}
