/* defect:  drops-those-who-wait
 * model:   iterative
 * of:      one-by-one
 * breaks:  concurrency/in-turn
 * why:     When it has served a client, it empties the backlog: the clients
 *          that came meanwhile are let in and dropped.
 * source:  UNP 3rd ed. §4.5, §4.6; accept(2)
 * cause:   The server accepts the clients that waited and closes their
 *          connections unheard.
 * fix:     leave in the backlog whoever you cannot serve yet: accept one
 *          client, serve it, close it, and accept the next
 */
#include "server.h"

int main(int argc, char **argv)
{
    start();
    int listenfd = open_listener(port_argument(argc, argv));
    ready(listenfd);

    for (;;) {
        int connfd = accept_conn(listenfd);
        serve(connfd);
        struct pollfd on = {.fd = listenfd, .events = POLLIN};
        while (poll(&on, 1, 0) > 0)
            close(accept(listenfd, NULL, NULL));
        close(connfd);
    }
}
