/* variant: one-by-one
 * model:   iterative
 * why:     Serves one client at a time, in its own process, and takes the next
 *          one when that has left: the first server of every course. Others
 *          wait in the backlog.
 * source:  UNP 3rd ed. §1.5, §30.5
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
        close(connfd);
    }
}
