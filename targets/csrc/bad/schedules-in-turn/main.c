/* defect:  schedules-in-turn
 * of:      ref-schedule
 * like:    waits-for-child
 * breaks:  concurrency/second-client concurrency/reverse-order
 *          concurrency/many concurrency/hundred
 * why:     The server waits for each child before it accepts the next client.
 * source:  waitpid(2); UNP 3rd ed. §4.8
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
        waitpid(pid, NULL, 0);
    }
}
