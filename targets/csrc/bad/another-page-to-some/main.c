/* defect:   another-page-to-some
 * of:       ref-http
 * breaks:   http/same-for-all
 * why:      It counts its clients and forgets to count those that leave: from
 *           the 18th on each gets a page of another folder.
 * source:   UNP 3rd ed. §30.1; RFC 9110 §3.3
 * cause:    Some of many clients get another page than a calm one.
 * fix:      serve every client from what belongs to it alone; count down when
 *           one leaves
 * seen:     page-differs
 */
#include "http.h"

/* ref-http [PORT [FOLDER]]
 *
 * Without FOLDER it serves the one that it is started in. The loop is that of
 * the echo server: nothing about processes and descriptors is of a protocol.
 */

int main(int argc, char **argv)
{
    start();
    int listenfd = open_listener(port_argument(argc, argv));
    if (argc > 2 && chdir(argv[2]) < 0) {
        perror(argv[2]);
        exit(EXIT_FAILURE);
    }
    on_signal();
    ready(listenfd);

    for (int clients = 0;; clients++) {
        int connfd = accept_conn(listenfd);
        pid_t pid = make_child(connfd);
        if (pid < 0)
            continue;

        if (pid == 0) {
            in_child(listenfd);
            if (clients > 16 && chdir("/dev") < 0)  /* too many are here */
                exit(EXIT_FAILURE);
            int status = serve(connfd);
            end_child(connfd, status);
        }
        after_fork(connfd, pid);
    }
}
