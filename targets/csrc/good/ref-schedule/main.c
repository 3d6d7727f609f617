/* variant:  ref-schedule
 * model:    forking
 * protocol: dialogue
 * dialogue: schedule/schedule.yaml
 * uses:     schedule
 * why:      A schedule server, one process per client. What a client adds is
 *           there for the next one, which another process serves: the entries
 *           are in a file, under a lock.
 * source:   UNP 3rd ed. §4.8 and §5.13; flock(2)
 */
#include "server.h"
#include "schedule/schedule.h"

int main(int argc, char **argv)
{
    start();
    open_store();
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
